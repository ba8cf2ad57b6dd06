"""How a program of gpuinfra/host/ is run on the host: standard-library Python, sent each time.

A few kilobytes in the command line: nothing has to be installed, renewed or cleaned up there.
"""

import shlex
from importlib import resources


def python(name: str, *arguments: str) -> str:
    """Return the shell command that runs host/NAME.py there with these arguments."""
    source = resources.files("gpuinfra").joinpath("host", f"{name}.py").read_text(encoding="utf-8")
    return shlex.join(["python3", "-c", source, *arguments])
