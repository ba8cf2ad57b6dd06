"""What run and jobs need of the world besides ports.py, as a Protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gpuinfra.ground.work_protocols import CommandResult

Request = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class SessionResult:
    """How it ended for whoever sat at a command: its exit code; `left` when the user went by choice."""

    code: int
    left: bool = False


class HostClient(Protocol):
    """The program on the host that runs commands; `ssh` is a command line that ends with the host's alias."""

    def ask(self, ssh: Sequence[str], request: Request, *, timeout_s: float) -> Any:
        """Return the reply; raises Unreachable, and a refusal as the error that it is."""

    def sit(self, ssh: Sequence[str], request: Request, *, tty: bool) -> SessionResult:
        """Sit at a command: stdin, stdout, stderr, signals and the terminal's size are this process's."""

    def stream(self, ssh: Sequence[str], request: Request) -> tuple[int, int]:
        """Copy what comes to stdout; return ssh's exit code and the bytes copied."""

    def run(
        self, ssh: Sequence[str], program: Sequence[str], *, given: bytes = b"",
        timeout_s: float | None = None, shown: bool = False,
    ) -> CommandResult:  # fmt: skip
        """Run a program of the bundle: `given` is its stdin; `shown`: its stderr is shown as it comes."""

    def send_file(self, ssh: Sequence[str], data: bytes, *, target: str, sha256: str) -> None:
        """Write a file there in one step (0600); `target` is absolute, or below the login user's home."""

    def python(self, ssh: Sequence[str], interpreter: str, script: str, *, timeout_s: float) -> Any:
        """Run a script of ours by a Python on the host; return the JSON of its last line."""
