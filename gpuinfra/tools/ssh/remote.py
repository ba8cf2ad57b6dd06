"""One command of ssh whose words we read, and what OpenSSH knows on this machine."""

import subprocess
import sys
from collections.abc import Sequence

from gpuinfra.ground.work_protocols import CommandResult


class SshRemote:
    """The Remote port."""

    def run(self, argv: Sequence[str], *, given: str) -> CommandResult:
        """Run it; `given` goes through stdin alone, its stderr is shown as it comes."""
        with subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdin  # noqa: S101  # for the type checker
            assert process.stdout  # noqa: S101
            assert process.stderr  # noqa: S101
            process.stdin.write(given.encode())
            process.stdin.close()
            said = []
            while chunk := process.stderr.read1(4096):  # type: ignore[attr-defined]
                said.append(chunk)
                sys.stderr.write(chunk.decode(errors="replace"))
                sys.stderr.flush()
            stdout = process.stdout.read().decode(errors="replace")
        return CommandResult(
            code=process.returncode, stdout=stdout, stderr=b"".join(said).decode(errors="replace")
        )
