"""What run and jobs need of the world besides ports.py, as a Protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

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

    def python(self, ssh: Sequence[str], interpreter: str, script: str, *, timeout_s: float) -> Any:
        """Run a script of ours by a Python on the host; return the JSON of its last line."""
