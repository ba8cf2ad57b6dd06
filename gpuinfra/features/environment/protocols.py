"""What checking and locking an environment needs of the world, as Protocols; see ground/protocols.py."""

from pathlib import Path
from typing import Protocol

from gpuinfra.features.environment.requirements import Line
from gpuinfra.features.environment.solution import Solution, SolveRequest


class HostFiles(Protocol):
    """What the user gives to the host: environment.yml and what lies beside it.

    alias: where channels without an address are.
    """

    alias: str

    def environment(self) -> bytes:
        """Return environment.yml; raises ConfigError when there is none."""

    def travels(self) -> frozenset[str]:
        """Return the names of the other files that are sent."""

    def requirement_lines(self) -> tuple[Line, ...]:
        """Return what pip installs after the environment."""

    def lock(self) -> bytes | None:
        """Return environment.lock, None when there is none."""

    def write_lock(self, text: str) -> Path:
        """Write environment.lock."""


class Solver(Protocol):
    """Chooses packages as conda on the host would."""

    def solve(self, question: SolveRequest) -> Solution:
        """Return the packages; raises ConfigError with the reason when there is no answer."""
