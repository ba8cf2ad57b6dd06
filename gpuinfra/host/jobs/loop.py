"""The supervisor's event loop: file descriptors, timers and signals wait in one poll()."""

from __future__ import annotations

import os
import select
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable

    Handler = Callable[[int], None]
else:
    import _signal as signal  # plain numbers instead of enums

BROKEN = select.POLLERR | select.POLLHUP | select.POLLNVAL


class Loop:
    """Calls what waits for a descriptor: `on_read` and `on_write`, each with its number."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._handlers: dict[int, tuple[Handler | None, Handler | None]] = {}

    def watch(self, fd: int, *, on_read: Handler | None = None, on_write: Handler | None = None) -> None:
        """Wait for a descriptor from now on, in this way alone."""
        events = (select.POLLIN if on_read else 0) | (select.POLLOUT if on_write else 0)
        self._poll.register(fd, events)
        self._handlers[fd] = on_read, on_write

    def forget(self, fd: int) -> None:
        """Wait for it no longer."""
        if self._handlers.pop(fd, None):
            self._poll.unregister(fd)

    def wait(self, timeout_s: float | None) -> None:
        """Wait once, at most so long; whoever is broken is woken, and finds out by reading or writing."""
        for fd, events in self._poll.poll(None if timeout_s is None else int(timeout_s * 1000) + 1):
            if events & (select.POLLOUT | BROKEN) and (on_write := self._handler(fd, 1)):
                on_write(fd)
            if events & (select.POLLIN | BROKEN) and (on_read := self._handler(fd, 0)):
                on_read(fd)

    def _handler(self, fd: int, which: int) -> Handler | None:
        """Return who waits for it still: those before may have ended that."""
        return self._handlers.get(fd, (None, None))[which]


class Timers:
    """What is due later."""

    def __init__(self) -> None:
        self._due: list[tuple[float, Callable[[], None]]] = []

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do it then."""
        self._due.append((time.monotonic() + seconds, action))

    def run(self) -> None:
        """Do what is due."""
        for timer in [timer for timer in self._due if timer[0] <= time.monotonic()]:
            self._due.remove(timer)
            timer[1]()

    def next_s(self) -> list[float]:
        """Return in how many seconds each is due."""
        return [at - time.monotonic() for at, _ in self._due]


def wake_on_signals(loop: Loop, *, on_terminate: Callable[[], None]) -> None:
    """Let SIGCHLD and SIGTERM wake the loop: Python writes a byte into a pipe for each."""
    near, far = os.pipe()
    for end in (near, far):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(far, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)  # the loop looks itself who has ended
    signal.signal(signal.SIGTERM, lambda _number, _frame: on_terminate())
    loop.watch(near, on_read=_forget_bytes)


def _forget_bytes(fd: int) -> None:
    os.read(fd, 4096)
