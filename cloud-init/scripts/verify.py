"""Prove the environment by use: verify.py NAMES_FILE GPU. Prints one JSON line, or "Unfit: ..." and 1."""

import importlib
import importlib.metadata
import json
import re
import sys
import time
from pathlib import Path


def normal(name):
    """Return a distribution's name in its one normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def module_of(name, modules):
    """Return what to import for a package, or None when it is no Python package."""
    owned = sorted(module for module in modules.get(normal(name), []) if not module.startswith("_"))
    same = [module for module in owned if normal(module) == normal(name)]
    return (same or owned or [None])[0]


def import_all(names):
    """Import each package that was asked for; return name -> version, or stop at the first that fails."""
    modules = {}
    for module, owners in importlib.metadata.packages_distributions().items():
        for owner in owners:
            modules.setdefault(normal(owner), []).append(module)
    found = {}
    for name in names:
        module = module_of(name, modules)
        if module:
            try:
                importlib.import_module(module)
            except Exception as error:
                sys.exit(f"Unfit: import {module} fails: {type(error).__name__}: {error}")
            found[name] = importlib.metadata.version(name)
    return found


def check_torch(gpu):
    """Multiply two matrices where the work will be done; return what torch says of its devices."""
    try:
        torch = importlib.import_module("torch")
    except ModuleNotFoundError:
        return {}
    available = bool(torch.cuda.is_available())
    if gpu and not available:
        build = torch.version.cuda or "none: this is a CPU build, ask for pytorch-gpu or a cuda-version"
        sys.exit(f"Unfit: torch {torch.__version__} does not see the GPU {gpu} (its CUDA: {build})")
    device = "cuda" if gpu else "cpu"
    ones = torch.ones(64, 64, device=device)
    if float((ones @ ones).sum()) != 64.0**3:
        sys.exit(f"Unfit: torch multiplies wrongly on {device}")
    count = torch.cuda.device_count() if gpu else 0
    names = [torch.cuda.get_device_name(number) for number in range(count)]
    return {"torch": torch.__version__, "device": device, "device_count": count, "device_names": names}


def main(names_file, gpu):
    """Check imports, then torch; print what was found."""
    begin = time.monotonic()
    found = import_all(names_file.read_text().split())
    report = {"imports": found, **check_torch("" if gpu == "cpu" else gpu)}
    report["seconds"] = round(time.monotonic() - begin, 1)
    sys.stdout.write(json.dumps(report) + "\n")


main(Path(sys.argv[1]), sys.argv[2])
