"""Prove the environment by use: verify.py NAMES_FILE GPU COUNT. Prints one JSON line, or "Unfit: ..." and 1.

It runs on the environment's Python, which may be an old one.
"""

import importlib
import json
import re
import sys
import time
from pathlib import Path

try:
    import importlib.metadata as metadata
except ImportError:  # Python 3.7: nothing can be asked about packages
    metadata = None


def normal(name):
    """Return a distribution's name in its one normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def module_of(package):
    """Return what to import for a package: the module of the same name if there is one, else its first."""
    listed = (package.read_text("top_level.txt") or "").split()
    paths = [path for path in package.files or [] if path.suffix == ".py"]
    owned = listed or [re.sub(r"\.py$", "", path.parts[0]) for path in paths]
    owned = sorted({name for name in owned if name.isidentifier() and not name.startswith("_")})
    same = [name for name in owned if normal(name) == normal(package.metadata["Name"])]
    return (same or owned or [None])[0]


def import_all(names):
    """Import each Python package that was asked for; return name -> version, or stop at the first failure."""
    found = {}
    for name in names if metadata else []:
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # no Python package, or one of another name
        module = module_of(package)
        if module:
            try:
                importlib.import_module(module)
            except Exception as error:
                sys.exit(f"Unfit: import {module} fails: {type(error).__name__}: {error}")
            found[name] = package.version
    return found


def multiply(torch, device):
    """Multiply two matrices there, or stop with the reason."""
    try:
        ones = torch.ones(64, 64, device=device)
        total = float((ones @ ones).sum())
    except Exception as error:
        sys.exit(f"Unfit: torch cannot multiply on {device}: {type(error).__name__}: {error}")
    if total != 64.0**3:
        sys.exit(f"Unfit: torch multiplies wrongly on {device}")


def check_torch(gpu, count):
    """Multiply on every device that there should be; return what torch says of them."""
    try:
        torch = importlib.import_module("torch")
    except ModuleNotFoundError:
        return {}
    available = bool(torch.cuda.is_available())
    if gpu and not available:
        build = torch.version.cuda or "none: this is a CPU build, ask for pytorch-gpu or a cuda-version"
        sys.exit(f"Unfit: torch {torch.__version__} does not see the GPU {gpu} (its CUDA: {build})")
    seen = torch.cuda.device_count() if gpu else 0
    names = [torch.cuda.get_device_name(number) for number in range(seen)]
    # Of GPUs that their user has divided (MIG) torch shows one part alone, and says so in its name.
    if seen < count and not any("MIG" in name for name in names):
        sys.exit(f"Unfit: torch {torch.__version__} sees {seen} of {count} GPUs")
    for device in [f"cuda:{number}" for number in range(seen)] or ["cpu"]:
        multiply(torch, device)
    device = "cuda" if gpu else "cpu"
    return {"torch": torch.__version__, "device": device, "device_count": seen, "device_names": names}


def main(names_file, gpu, count):
    """Check imports, then torch; print what was found."""
    begin = time.monotonic()
    found = import_all(names_file.read_text().split())
    report = {"imports": found, **check_torch("" if gpu == "cpu" else gpu, count)}
    report["seconds"] = round(time.monotonic() - begin, 1)
    sys.stdout.write(json.dumps(report) + "\n")


main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
