"""What sync, clone, jupyter and forward need of the world besides ports.py, as Protocols."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class SyncRequest:
    """One sync: `up` or down, of the folder `root` and in it of `part` (empty: all)."""

    up: bool
    root: Path
    part: str = ""
    dry_run: bool = False
    delete: bool = False
    compress: bool = False
    listed: bool = False
    quiet: bool = False


@dataclass(frozen=True, kw_only=True)
class SyncResult:
    """What a sync did, or would do; the names only when they were asked for.

    files: whose content was sent; created: those of them that are new, and new folders and links.
    """

    files: int
    size_bytes: int
    deleted: int
    sent_bytes: int
    received_bytes: int
    dry_run: bool
    created: int = 0
    sent_names: tuple[str, ...] = ()
    deleted_names: tuple[str, ...] = ()


class RsyncTransfer(Protocol):
    """rsync."""

    def move(self, ssh: Sequence[str], order: SyncRequest) -> SyncResult:
        """Sync over `ssh` (a command line that ends with the host's alias).

        Raises Unreachable when the connection fails, HostError or ConfigError for the rest.
        """


class FileWatcher(Protocol):
    """Looks at a folder."""

    def changes(self, root: Path) -> Iterator[int]:
        """Yield 0 as soon as it watches, then how many files have changed each time; ends never."""


class Tunnel(Protocol):
    """A connection of its own that carries one port."""

    def taken(self, port: int) -> bool:
        """Tell whether a port of this machine is in use; raises PermissionError for one that needs root."""

    def free(self, near: int) -> int:
        """Return a port of this machine that is free, `near` itself if it is."""

    def carry(self, ssh: Sequence[str], *, local: int, remote: int) -> "Carried":
        """Begin to carry the local port to the same machine's loopback over there."""


class Carried(Protocol):
    """A tunnel that has been begun."""

    def up(self, *, timeout_s: float) -> bool:
        """Wait until it carries; False when it has ended instead, as it has to when the time is over."""

    def wait(self) -> str:
        """Wait until it ends; return ssh's last words."""

    def end(self) -> None:
        """End it."""


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


class Agent(Protocol):
    """What ssh knows on this machine: the keys to lend and the servers."""

    def has_keys(self) -> bool:
        """Tell whether an agent runs and holds a key."""

    def known_hosts(self, server: str) -> str:
        """Return the lines of known_hosts for a server; empty when it is not known."""
