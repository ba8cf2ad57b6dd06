"""Carries the simulator's API out of the lab: a socket file crosses network namespaces, packets do not."""

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path

_CHUNK_BYTES = 65536

Connect = Callable[[], socket.socket]


def to_file(path: Path) -> Connect:
    """Return what connects to a socket file."""

    def connect() -> socket.socket:
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(str(path))
        return peer

    return connect


def to_port(port: int) -> Connect:
    """Return what connects to a port of loopback."""
    return lambda: socket.create_connection(("127.0.0.1", port))


def listen_file(path: Path) -> socket.socket:
    """Return a listening socket file."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(64)
    return listener


def listen_port() -> socket.socket:
    """Return a listening port of loopback, any free one."""
    return socket.create_server(("127.0.0.1", 0), backlog=64)


def start(listener: socket.socket, connect: Connect) -> None:
    """Carry every connection on, in threads, for as long as this process lives."""

    def accept() -> None:
        while True:
            near, _ = listener.accept()
            threading.Thread(target=_carry, args=(near, connect), daemon=True).start()

    threading.Thread(target=accept, name="relay", daemon=True).start()


def _carry(near: socket.socket, connect: Connect) -> None:
    with near, contextlib.suppress(OSError), connect() as far:
        back = threading.Thread(target=_copy, args=(far, near), daemon=True)
        back.start()
        _copy(near, far)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK_BYTES):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
