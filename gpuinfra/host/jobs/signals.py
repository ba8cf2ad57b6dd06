"""Signals that wake a loop which waits in a selector."""

import selectors
import signal
import socket
from collections.abc import Callable


def wake(
    select: selectors.BaseSelector, *, on_terminate: Callable[[], None]
) -> tuple[socket.socket, socket.socket]:
    """Let SIGCHLD and SIGTERM wake the loop; return what must live as long as it does."""
    near, far = socket.socketpair()
    for end in (near, far):
        end.setblocking(False)
    signal.set_wakeup_fd(far.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)  # the loop looks itself who has ended
    signal.signal(signal.SIGTERM, lambda _number, _frame: on_terminate())
    select.register(near, selectors.EVENT_READ, lambda _fd, _mask: near.recv(4096))
    return near, far
