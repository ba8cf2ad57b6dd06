"""A state file in a stack's folder, for the tests of what is read, kept and rescued."""

import subprocess
import sys
from pathlib import Path

from gpuinfra.tools.terraform.state import LocalState
from tests.processes import until_test_ends

LOCKED = """import fcntl, sys
file = open(sys.argv[1], "rb+")
fcntl.lockf(file, fcntl.LOCK_EX)
print("locked", flush=True)
input()"""


def state_in(directory: Path, text: str | None = None) -> LocalState:
    """Return a state file with this text, if any."""
    path = directory / "stack" / "terraform.tfstate"
    path.parent.mkdir()
    if text is not None:
        path.write_text(text)
    return LocalState(path, stack="default", rescue_directories=(directory / "home", directory / "tmp"))


def lock(path: Path) -> None:
    """Let another process hold Terraform's lock on a state until the test ends."""
    argv, pipe = [sys.executable, "-c", LOCKED, str(path)], subprocess.PIPE
    other = until_test_ends(subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True))
    assert other.stdout
    assert other.stdout.readline() == "locked\n"
