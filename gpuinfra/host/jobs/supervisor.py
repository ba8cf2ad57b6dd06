"""The supervisor: one process beside each command, which outlives every connection."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable

from gpuinfra.host.jobs import frames, signals
from gpuinfra.host.jobs.clients import AttachedClient, ClientGone
from gpuinfra.host.jobs.exit_status import end_record, going_down
from gpuinfra.host.jobs.job_store import JobDirectory
from gpuinfra.host.jobs.output_log import OutputLog
from gpuinfra.host.jobs.process import JobProcess, resize
from gpuinfra.host.jobs.stdin_writer import StdinWriter

GRACE_S = 10.0  # between SIGTERM and SIGKILL
LINGER_S = 0.3  # after the command's end, for what its children still print
TERMINAL_FEED_S = 0.01
TIME_LIMIT_CODE = 124  # as of timeout(1)


class Supervisor:
    """Runs one command to its end."""

    def __init__(self, folder: JobDirectory, command: JobProcess, output: OutputLog, *, kept: bool) -> None:
        self._folder, self._child, self._log, self.kept = folder, command, output, kept
        self._select = selectors.DefaultSelector()
        self._watchers: list[AttachedClient] = []
        self._outputs = dict(command.outputs)
        self._paused = False
        self._reason = ""
        self._deadlines: list[tuple[float, Callable[[], None]]] = []
        self._quiet_since = 0.0
        self._feeder = StdinWriter(command, self._select)
        self._wakers = signals.wake(self._select, on_terminate=self._on_terminate)
        self._listen()
        for fd in self._outputs:
            self._select.register(fd, selectors.EVENT_READ, self._read_output)

    def watch(self, connection: socket.socket) -> None:
        """Let somebody look on."""
        watcher = AttachedClient(connection)
        self._watchers.append(watcher)
        self._select.register(connection, selectors.EVENT_READ, lambda _fd, mask: self._serve(watcher, mask))
        self._folder.note("live", {"attached": True})

    def limit(self, seconds: float) -> None:
        """End the command when it takes longer."""
        self._deadlines.append((time.monotonic() + seconds, lambda: self.end("time limit")))

    def end(self, reason: str) -> None:
        """Ask the command to end; kill it if it does not."""
        self._reason = self._reason or reason
        self._child.signal(signal.SIGTERM)
        self._deadlines.append((time.monotonic() + GRACE_S, lambda: self._child.signal(signal.SIGKILL)))

    def run(self) -> dict[str, object]:
        """Run it to its end; return how it ended."""
        while not self._over():
            for key, mask in self._select.select(self._patience()):
                key.data(key.fd, mask)
            for due in [d for d in self._deadlines if d[0] <= time.monotonic()]:
                self._deadlines.remove(due)
                due[1]()
            if self._feeder.is_stuck:
                self._feeder.feed()
        code = self._child.exit_code() or (1 if self._reason == "no room" else 0)
        return end_record(TIME_LIMIT_CODE if self._reason == "time limit" else code, self._reason)

    def tell(self, code: int, reason: str) -> None:
        """Tell those who look on how it ended."""
        for watcher in self._watchers:
            watcher.finish(code, f"gpuinfra: {reason}\r\n".encode() if reason else b"")

    def _on_terminate(self) -> None:
        self.end("shutdown" if going_down() else "stopped")

    def _listen(self) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._folder.socket))
        self._listener.listen()
        accept: Callable[[int, int], None] = lambda _fd, _mask: self.watch(self._listener.accept()[0])  # noqa: E731
        self._select.register(self._listener, selectors.EVENT_READ, accept)

    def _over(self) -> bool:
        if self._child.exit_code() is None:
            return False
        self._quiet_since = self._quiet_since or time.monotonic()
        return not self._outputs or (not self._paused and time.monotonic() - self._quiet_since > LINGER_S)

    def _patience(self) -> float | None:
        ends = [at - time.monotonic() for at, _ in self._deadlines]
        ends += [LINGER_S / 3] if self._quiet_since else []
        ends += [TERMINAL_FEED_S] if self._feeder.is_stuck else []
        return max(0.0, min(ends)) if ends else None

    def _read_output(self, fd: int, _mask: int) -> None:
        try:
            data = os.read(fd, frames.CHUNK)
        except BlockingIOError:
            return
        except OSError:  # EIO: a terminal that nobody has open any more
            data = b""
        if not data:
            self._drop_output(fd)
            return
        self._quiet_since = time.monotonic() if self._quiet_since else 0.0
        self._log.add(data)
        frame = frames.pack(self._outputs[fd], data)
        for watcher in list(self._watchers):
            self._send(watcher, frame)
        self._throttle()

    def _drop_output(self, fd: int) -> None:
        with contextlib.suppress(KeyError):
            self._select.unregister(fd)
        self._outputs.pop(fd, None)

    def _throttle(self) -> None:
        """Let the command wait while somebody has much to read yet, as a pipe does."""
        full = any(w.is_behind for w in self._watchers)
        if full != self._paused:
            for fd in self._outputs:
                if full:
                    self._select.unregister(fd)
                else:
                    self._select.register(fd, selectors.EVENT_READ, self._read_output)
            self._paused = full

    def _serve(self, watcher: AttachedClient, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            self._send(watcher)
            self._throttle()
        if mask & selectors.EVENT_READ and watcher in self._watchers:
            self._hear(watcher)

    def _send(self, watcher: AttachedClient, data: bytes = b"") -> None:
        try:
            more = watcher.send(data)
        except ClientGone:
            self._leave(watcher)
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if more else 0)
        key = self._select.get_key(watcher.connection)
        if key.events != events:
            self._select.modify(watcher.connection, events, key.data)

    def _hear(self, watcher: AttachedClient) -> None:
        try:
            for kind, payload in watcher.hear():
                self._obey(kind, payload)
        except ClientGone:
            self._leave(watcher)

    def _leave(self, watcher: AttachedClient) -> None:
        """Somebody went, or was cut off: the command goes on, and what it prints is kept from now on."""
        if watcher in self._watchers:
            self._watchers.remove(watcher)
            self._select.unregister(watcher.connection)
            watcher.connection.close()
            self._log.keep()
            self.kept = True
            self._folder.note("live", {"attached": bool(self._watchers)})
            self._throttle()

    def _obey(self, kind: bytes, payload: bytes) -> None:
        if kind == frames.INPUT:
            self._take(payload)
        elif kind == frames.STDIN_EOF:
            self._child.waiting.ended = True
        elif kind == frames.SIGNAL:
            self._child.signal(getattr(signal, f"SIG{payload.decode()}", signal.SIGTERM))
        elif kind == frames.SIZE and self._child.terminal >= 0:
            resize(self._child.terminal, payload)
        elif kind == frames.STOP:
            self.end("stopped")
        elif kind == frames.STDOUT_CLOSED:  # nobody reads on: it gets what a closed pipe gives
            self._close_outputs()
        if kind in (frames.INPUT, frames.STDIN_EOF):
            self._feeder.feed()

    def _take(self, payload: bytes) -> None:
        """Keep input until the command reads it; with half of its input it must not go on."""
        try:
            self._child.waiting.add(payload)
        except OSError:
            self._child.waiting.drop()
            if not self._reason:
                self.end("no room")

    def _close_outputs(self) -> None:
        for fd in list(self._outputs):
            self._drop_output(fd)
        self._child.close_outputs()
