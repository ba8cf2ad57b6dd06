"""The seat: the end of an ssh session that a person or a script sits at. It may vanish at any time."""

import os
import select
import socket
import threading
import time

from gpuinfra.host.jobs import frames as wire

LOST = 255
KILLED = 137
# A connection that broke closes stdin as well; a reader that had enough (`| head`) leaves stdin open.
TELL_APART_S = 1.0


def relay(connection: socket.socket) -> int:
    """Carry stdin (frames) to the supervisor and its output to stdout and stderr; return the exit code."""
    threading.Thread(target=_inward, args=(connection,), daemon=True).start()
    frames, closed = wire.Frames(), False
    while data := connection.recv(wire.CHUNK):
        for kind, payload in frames.feed(data):
            if kind == wire.EXIT:
                return int(payload)
            if not closed and not _write(1 if kind == wire.OUT else 2, payload):
                time.sleep(TELL_APART_S)
                connection.sendall(wire.pack(wire.STDOUT_CLOSED))
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


def _inward(connection: socket.socket) -> None:
    frames = wire.Frames()
    while select.select([0], [], [], wire.HEARTBEAT_TIMEOUT_S)[0]:
        data = os.read(0, wire.CHUNK)
        if not data:
            break
        for kind, payload in frames.feed(data):
            if kind != wire.HEARTBEAT:
                _pass_on(connection, wire.pack(kind, payload))
    os._exit(LOST)


def _pass_on(connection: socket.socket, frame: bytes) -> None:
    try:
        connection.sendall(frame)
    except OSError:
        return  # the job has ended; its last words are on the way
