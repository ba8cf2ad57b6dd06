"""Attached clients, each with the output that it has not read yet."""

from __future__ import annotations

from _socket import SHUT_WR

from gpuinfra.host.jobs import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket

HELD_BYTES = 1024 * 1024  # what may wait for a slow client before the command has to wait, too
FLUSH_S = 5.0


class ClientGone(Exception):
    """The connection has ended."""


class AttachedClient:
    """The connection of one session that is attached."""

    def __init__(self, connection: socket) -> None:
        self.connection = connection
        self._frames = frames.Frames()
        self._pending = bytearray()
        connection.setblocking(False)

    @property
    def is_behind(self) -> bool:
        """Tell whether it has much to read yet."""
        return len(self._pending) > HELD_BYTES

    def send(self, data: bytes = b"") -> bool:
        """Send that, or as much as goes; tell whether something is left. Raises ClientGone."""
        self._pending += data
        try:
            sent = self.connection.send(self._pending) if self._pending else 0
        except BlockingIOError:
            sent = 0
        except OSError:
            raise ClientGone from None
        del self._pending[:sent]
        return bool(self._pending)

    def receive(self) -> list[tuple[bytes, bytes]]:
        """Return the frames that have come. Raises ClientGone."""
        try:
            data = self.connection.recv(frames.CHUNK)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            raise ClientGone
        return list(self._frames.feed(data))

    def finish(self, code: int, words: bytes) -> None:
        """Send all that is left, the last words and the exit code; wait a little for it to be taken."""
        last = frames.pack(frames.ERR, words) if words else b""
        exit_frame = frames.pack(frames.EXIT, str(code).encode())
        self.connection.settimeout(FLUSH_S)
        try:
            self.connection.sendall(bytes(self._pending) + last + exit_frame)
            self.connection.shutdown(SHUT_WR)
        except OSError:
            return
