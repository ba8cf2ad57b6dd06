"""All that a session needs of the world, as Protocols."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


class ChannelLost(Exception):
    """The connection to AWS is gone; the session may be gone on with."""


class LocalClosed(Exception):
    """ssh no longer reads what comes from the host."""


@dataclass(frozen=True, kw_only=True)
class StreamToken:
    """What AWS gives for one connection to a session."""

    session_id: str
    url: str
    token: str


class SessionApi(Protocol):
    """Session Manager's own calls; each raises CloudError."""

    def start(self, target: str, port: int) -> StreamToken:
        """Open a session to a port of an instance."""

    def resume(self, session_id: str) -> StreamToken | None:
        """Return what leads to a session again, None when it has ended; ChannelLost without network."""

    def terminate(self, session_id: str) -> None:
        """End a session."""

    def sign(self, url: str) -> Mapping[str, str]:
        """Return the headers that prove who opens a stream address."""


class DataChannel(Protocol):
    """One WebSocket; what it cannot do any more it says by ChannelLost."""

    async def send(self, data: bytes | str) -> None:
        """Send one message."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return what arrives; ends when the connection does."""

    async def close(self) -> None:
        """Close it, at once."""


class SshStdio(Protocol):
    """The side of ssh."""

    async def read(self) -> bytes:
        """Return what ssh sends to the host next; nothing at its end."""

    async def write(self, data: bytes) -> None:
        """Pass on what comes from the host; raises LocalClosed."""


Dial = Callable[[str, Mapping[str, str]], Awaitable[DataChannel]]


@dataclass(frozen=True, kw_only=True)
class Sides:
    """The world around a session: `now` in seconds since 1970, `simulated`: AWS is on this machine."""

    api: SessionApi
    dial: Dial
    local: SshStdio
    now: Callable[[], float]
    region: str
    simulated: bool
