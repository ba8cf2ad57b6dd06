"""The host's end of an attached ssh session, between laptop and supervisor; it may vanish at any time."""

from __future__ import annotations

import os
import select
import time
from _thread import start_new_thread

from gpuinfra.host.jobs import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket

LOST = 255
KILLED = 137
# A connection that broke closes stdin as well; a reader that had enough (`| head`) leaves stdin open.
TELL_APART_S = 1.0


def relay(connection: socket) -> int:
    """Carry stdin (frames) to the supervisor and its output to stdout and stderr; return the exit code."""
    start_new_thread(_inward, (connection,))
    received, closed = frames.Frames(), False
    while data := connection.recv(frames.CHUNK):
        for kind, payload in received.feed(data):
            if kind == frames.EXIT:
                return int(payload)
            if not closed and not _write(1 if kind == frames.OUT else 2, payload):
                time.sleep(TELL_APART_S)
                connection.sendall(frames.pack(frames.STDOUT_CLOSED))
                closed = True
    os.write(2, b"error: the supervisor of this command was killed\n")
    return KILLED


def _write(fd: int, data: bytes) -> bool:
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(fd, view) :]
    except OSError:
        return False
    return True


def _inward(connection: socket) -> None:
    received = frames.Frames()
    while select.select([0], [], [], frames.HEARTBEAT_TIMEOUT_S)[0]:
        data = os.read(0, frames.CHUNK)
        if not data:
            break
        for kind, payload in received.feed(data):
            if kind != frames.HEARTBEAT:
                _pass_on(connection, frames.pack(kind, payload))
    os._exit(LOST)


def _pass_on(connection: socket, frame: bytes) -> None:
    try:
        connection.sendall(frame)
    except OSError:
        return  # the job has ended; its last words are on the way
