"""Gives a command its input as fast as it takes it, without ever waiting for it."""

from gpuinfra.host.jobs.loop import Loop
from gpuinfra.host.jobs.process import JobProcess


class StdinWriter:
    """Feeds one command."""

    def __init__(self, process: JobProcess, loop: Loop) -> None:
        self._process, self._loop = process, loop
        # a terminal is read and written by one number: poll() cannot wait for it twice, so it is tried again
        self.is_stuck = False

    def feed(self, _fd: int = -1) -> None:
        """Give it what it takes now; go on when it takes more."""
        fd, more = self._process.input, self._process.feed()
        if fd < 0 or fd == self._process.terminal:
            self.is_stuck = more
        elif more:
            self._loop.watch(fd, on_write=self.feed)
        else:
            self._loop.forget(fd)
