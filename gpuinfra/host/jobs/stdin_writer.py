"""Gives a command its input as fast as it takes it, without ever waiting for it."""

import contextlib
import selectors

from gpuinfra.host.jobs.process import JobProcess


class StdinWriter:
    """Feeds one command."""

    def __init__(self, child: JobProcess, select: selectors.BaseSelector) -> None:
        self._child, self._select = child, select
        self._registered = False
        # a terminal is read and written by one number: it cannot be waited for twice
        self.is_stuck = False

    def feed(self, _fd: int = -1, _mask: int = 0) -> None:
        """Give it what it takes now; go on when it takes more."""
        fd, more = self._child.input, self._child.feed()
        if fd < 0 or fd == self._child.terminal:
            self.is_stuck = more
        elif more != self._registered:
            if more:
                self._select.register(fd, selectors.EVENT_WRITE, self.feed)
            else:
                self._forget(fd)
            self._registered = more

    def _forget(self, fd: int) -> None:
        with contextlib.suppress(KeyError, ValueError, OSError):
            self._select.unregister(fd)
