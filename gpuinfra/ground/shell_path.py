"""Whether the user's shell knows our program."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path


def off_path(environ: Mapping[str, str]) -> str:
    """Return the line that makes this program a command of the user's shell; empty where it is one."""
    if shutil.which("gpuinfra", path=environ.get("PATH", "")):
        return ""
    return f'export PATH="{Path(sys.executable).absolute().parent}:$PATH"'
