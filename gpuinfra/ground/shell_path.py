"""Whether the user's shell knows our program."""

import os
import sys
from collections.abc import Mapping


def off_path(environ: Mapping[str, str]) -> str:
    """Return the line that makes this program a command of the user's shell; empty where it is one."""
    if any(os.access(f"{folder}/gpuinfra", os.X_OK) for folder in environ.get("PATH", "").split(os.pathsep)):
        return ""
    return f'export PATH="{os.path.dirname(os.path.abspath(sys.executable))}:$PATH"'
