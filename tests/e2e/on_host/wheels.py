"""JupyterLab for the hosts' stand-in channel: the real wheels, as one conda package.

Fetched by pip once and kept in the cache; where pip cannot fetch them there is no JupyterLab to test.
"""

import configparser
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from gpuinfra.ground import paths
from gpuinfra.simulator.conda import offline_setup
from gpuinfra.simulator.conda.packages import Interpreter, Package
from gpuinfra.simulator.lab.lab import Lab
from tests.waiting import PATIENCE_S

# Half of its 13,000 files, which nobody here needs: other languages, and what is known of other libraries.
UNUSED = re.compile(r"jedi/third_party/|babel/locale-data/(?!en|root)")
PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64")
# a script that finds the python beside it, wherever the environment lies
SCRIPT = """\
#!/bin/sh
'''exec' "$(dirname "$0")/python3" "$0" "$@"
' '''
import sys
from {module} import {name}
sys.exit({call}())
"""
INDEX = """
import asyncio, os, sys
from rattler.index import index_fs
asyncio.run(index_fs(sys.argv[1], force=True))
sys.stdout.flush()
os._exit(0)
"""


def fetch(folder: Path, minor: str) -> str:
    """Fetch the wheels of jupyterlab for Linux and this Python; return why that did not work, or nothing."""
    done = folder / "complete"
    if done.exists():
        return ""
    folder.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, "-m", "pip", "download", "-q", "-d", str(folder), "--only-binary=:all:"]
    argv += ["--implementation=cp", f"--python-version={minor}", *(f"--platform={p}" for p in PLATFORMS)]
    try:
        said = subprocess.run(
            [*argv, "jupyterlab"], capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"pip took over {PATIENCE_S} s"
    if said.returncode:
        return said.stderr.strip()[-300:]
    done.touch()
    return ""


def add_to(channel: Path, folder: Path, interpreter: Interpreter) -> None:
    """Write the package `jupyterlab` into the channel and index it again."""
    package = Package(
        name="jupyterlab", version="4.0", build="wheels_0", depends=[f"python {interpreter.minor}.*"]
    )
    for wheel in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if not name.endswith("/") and not UNUSED.match(name):
                    package.files[_place(name, interpreter)] = archive.read(name)
    for name, data in list(package.files.items()):
        if name.endswith(".dist-info/entry_points.txt"):
            package.files.update(_scripts(data.decode()))
    package.write(channel)
    subprocess.run([sys.executable, "-c", INDEX, str(channel)], check=True, capture_output=True)


def offer_jupyterlab(lab: Lab, clone: Path) -> str:
    """Put jupyterlab into the lab's channel and the clone's environment.yml; return why that did not work."""
    python = offline_setup.interpreter(lab.image)
    folder = paths.cache_home(os.environ) / "test-wheels" / f"jupyterlab-{python.minor}"
    if missing := fetch(folder, python.minor):
        return missing
    add_to(lab.mirror / offline_setup.CHANNEL, folder, python)
    with (clone / "environment.yml").open("a") as file:
        file.write("  - jupyterlab\n")
    return ""


def _place(name: str, interpreter: Interpreter) -> str:
    """Return where pip would put a wheel's file, below the prefix."""
    match = re.fullmatch(r"[^/]+\.data/(data|scripts|purelib|platlib|headers)/(.+)", name)
    if not match:
        return f"{interpreter.site}/{name}"
    kind, rest = match.groups()
    folders = {"data": "", "scripts": "bin/", "headers": "include/"}
    return folders.get(kind, f"{interpreter.site}/") + rest


def _scripts(text: str) -> dict[str, bytes]:
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.read_string(text)
    points = dict(parser["console_scripts"]) if "console_scripts" in parser else {}
    return {f"bin/{name}": _script(*point.split(":")) for name, point in points.items()}


def _script(module: str, call: str) -> bytes:
    return SCRIPT.format(module=module, name=call.split(".")[0], call=call).encode()
