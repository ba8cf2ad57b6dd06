"""After `make up` the next step that is printed must be one that this shell knows."""

import subprocess
import sys
from pathlib import Path

from gpuinfra.ground import shell_path


def test_the_line_makes_it_a_command(tmp_path: Path) -> None:
    """Typed as it is printed, in a shell that has only the system's own programs."""
    line = shell_path.off_path({"PATH": "/usr/bin:/bin"})
    shell = ["/bin/sh", "-c", f"{line}; command -v gpuinfra"]
    found = subprocess.run(shell, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()) == Path(sys.executable).parent / "gpuinfra"


def test_where_it_is_one_nothing_is_said(tmp_path: Path) -> None:
    """A file of that name that cannot run does not count."""
    program = tmp_path / "gpuinfra"
    program.write_text("#!/bin/sh\n")
    assert shell_path.off_path({"PATH": str(tmp_path)})
    program.chmod(0o755)
    assert shell_path.off_path({"PATH": f"/nowhere:{tmp_path}"}) == ""
