"""The supervisor: one process beside each command; it outlives every connection. Over 200 lines: one loop."""

from __future__ import annotations

import os
import time
from _socket import AF_UNIX
from _socket import socket as Socket  # not socket.socket, whose import costs 5 ms

from gpuinfra.host import gpu_state
from gpuinfra.host.jobs import frames
from gpuinfra.host.jobs.clients import AttachedClient, ClientGone
from gpuinfra.host.jobs.exit_status import end_record, going_down
from gpuinfra.host.jobs.job_store import JobDirectory
from gpuinfra.host.jobs.loop import Loop, Timers, wake_on_signals
from gpuinfra.host.jobs.output_log import OutputLog
from gpuinfra.host.jobs.process import JobProcess, resize
from gpuinfra.host.jobs.stdin_writer import StdinWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from typing import Any

    from gpuinfra.host.jobs.early_save import EarlySave
else:
    import _signal as signal  # plain numbers instead of enums

GRACE_S = 10.0  # between SIGTERM and SIGKILL
LINGER_S = 0.3  # after the command's end, for what its children still print
TERMINAL_FEED_S = 0.01
GPU_POLL_S = 2.0  # one small file is read
GPU_SETTLE_S = 0.6  # until gpuinfra-gpu.service has seen what the kernel says (gpu_watch.TICK_S)


class Supervisor:
    """Runs one command to its end.

    The order of things. The command ends (SIGCHLD wakes the loop), but its output may not: its children may
    hold the pipes, or what it wrote last is still in them. So the loop goes on until each output has ended,
    or nothing has come for LINGER_S (`_quiet_since`, set with the command's end, moved by each output). While
    a client has much to read yet (`_paused`) the outputs are not read, and that silence does not count. A
    time limit, a stop, a shutdown and a lost GPU (`_reason`, the first one stands) send SIGTERM, after
    GRACE_S SIGKILL. A command that hangs in the kernel with its GPU does not even die then: it is given up.
    `kept`: the output goes to the job's log, because a client left, or because it is a job.
    """

    def __init__(
        self,
        job: JobDirectory,
        process: JobProcess,
        output: OutputLog,
        *,
        kept: bool,
        grace_s: float = GRACE_S,
    ) -> None:
        self._grace_s = grace_s
        self._job, self._process, self._log, self.kept = job, process, output, kept
        self._loop, self._timers = Loop(), Timers()
        self._clients: list[AttachedClient] = []
        self._outputs = dict(process.outputs)
        self.save_until: float | None = None  # of time.monotonic(), where the host ends
        self.early_save: EarlySave | None = None
        self._why = ""
        self._paused, self._reason, self._quiet_since, self._given_up = False, "", 0.0, False
        self._stdin = StdinWriter(process, self._loop)
        wake_on_signals(self._loop, on_terminate=self._on_terminate)
        self._listen()
        for fd in self._outputs:
            self._loop.watch(fd, on_read=self._read_output)
        self._watch_gpus()

    def add_client(self, connection: Socket) -> None:
        """Attach a client."""
        client = AttachedClient(connection)
        self._clients.append(client)
        self._watch(client, more=False)
        self._job.try_write("live", {"attached": True})

    def limit(self, seconds: float) -> None:
        """End the command when it takes longer."""
        self._timers.after(seconds, lambda: self.end("time limit"))

    def end(self, reason: str) -> None:
        """Ask the command to end; kill it if it does not."""
        self._reason = self._reason or reason
        self._process.signal(signal.SIGTERM)
        self._timers.after(self._grace_s, lambda: self._process.signal(signal.SIGKILL))

    def run(self) -> dict[str, Any]:
        """Run it to its end; return how it ended."""
        while not self._is_finished():
            self._loop.wait(self._select_timeout())
            self._timers.run()
            if self.early_save:
                self.early_save.look()
            if self._stdin.is_stuck:
                self._stdin.feed()
        code = self._process.exit_code() or (1 if self._reason == "no room" else 0)
        if code and not self._reason and self._died_of_a_gpu():
            self._reason = "gpu"
        return end_record(code, self._reason, self._why)

    def notify_exit(self, code: int, reason: str) -> None:
        """Tell attached clients how it ended."""
        for client in self._clients:
            client.finish(code, f"gpuinfra: {reason}\r\n".encode() if reason else b"")

    def _watch_gpus(self) -> None:
        if self._process.exit_code() is not None:
            return  # it ended by itself; only what its children still print is waited for
        if gpu_state.read()[0] != gpu_state.LOST:
            self._timers.after(GPU_POLL_S, self._watch_gpus)
            return
        self.end("gpu")
        self._timers.after(2 * self._grace_s, self._give_up)

    def _give_up(self) -> None:
        self._given_up = True

    def _died_of_a_gpu(self) -> bool:
        """Tell whether a GPU was lost when the command failed; nobody who is attached waits for that."""
        if self.kept and gpu_state.read()[0]:
            time.sleep(GPU_SETTLE_S)
        return gpu_state.read()[0] == gpu_state.LOST

    def _on_terminate(self) -> None:
        self.end("shutdown" if going_down() else "stopped")

    def _listen(self) -> None:
        self._listener = Socket(AF_UNIX)
        self._listener.bind(self._job.socket)
        self._listener.listen()
        self._loop.watch(self._listener.fileno(), on_read=self._accept)

    def _accept(self, _fd: int) -> None:
        self.add_client(Socket(fileno=self._listener._accept()[0]))  # type: ignore[attr-defined]

    def _is_finished(self) -> bool:
        if self._process.exit_code() is None:
            return self._given_up
        self._quiet_since = self._quiet_since or time.monotonic()
        return not self._outputs or (not self._paused and time.monotonic() - self._quiet_since > LINGER_S)

    def _select_timeout(self) -> float | None:
        waits = self._timers.next_s()
        waits += [LINGER_S / 3] if self._quiet_since else []
        waits += [TERMINAL_FEED_S] if self._stdin.is_stuck else []
        return max(0.0, min(waits)) if waits else None

    def _read_output(self, fd: int) -> None:
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
        for client in list(self._clients):
            self._send(client, frame)
        self._throttle()

    def _drop_output(self, fd: int) -> None:
        self._loop.forget(fd)
        self._outputs.pop(fd, None)

    def _throttle(self) -> None:
        """Let the command wait while a client has much to read yet, as a pipe does.

        What nobody reads fills the pipe between us and the command, and then its write blocks. So a slow
        laptop slows the command down, and the memory of this process stays at HELD_BYTES for each client.
        """
        full = any(client.is_behind for client in self._clients)
        if full != self._paused:
            for fd in self._outputs:
                if full:
                    self._loop.forget(fd)
                else:
                    self._loop.watch(fd, on_read=self._read_output)
            self._paused = full

    def _watch(self, client: AttachedClient, *, more: bool) -> None:
        def on_write(_fd: int) -> None:
            self._send(client)
            self._throttle()

        def on_read(_fd: int) -> None:
            self._receive(client)

        self._loop.watch(client.connection.fileno(), on_read=on_read, on_write=on_write if more else None)

    def _send(self, client: AttachedClient, data: bytes = b"") -> None:
        try:
            self._watch(client, more=client.send(data))
        except ClientGone:
            self._drop_client(client)

    def _receive(self, client: AttachedClient) -> None:
        try:
            for kind, payload in client.receive():
                self._handle_frame(kind, payload)
        except ClientGone:
            self._drop_client(client)

    def _drop_client(self, client: AttachedClient) -> None:
        """A client left, or was cut off: the command goes on, and its output is kept from now on."""
        if client in self._clients:
            self._clients.remove(client)
            self._loop.forget(client.connection.fileno())
            client.connection.close()
            self._log.keep()
            self.kept = True
            self._job.try_write("live", {"attached": bool(self._clients)})
            self._throttle()

    def _handle_frame(self, kind: bytes, payload: bytes) -> None:
        if kind == frames.INPUT:
            self._queue_input(payload)
        elif kind == frames.STDIN_EOF:
            self._process.stdin.ended = True
        elif kind == frames.SIGNAL:
            self._process.signal(getattr(signal, f"SIG{payload.decode()}", signal.SIGTERM))
        elif kind == frames.SIZE and self._process.terminal >= 0:
            resize(self._process.terminal, payload)
        elif kind == frames.STOP:
            self._stop(payload)
        elif kind == frames.SAVE and self.early_save:
            question, _, why = payload.decode("utf-8", "replace").partition(" ")
            self.early_save.begin(question, why, kept=self.kept)
        elif kind == frames.STDOUT_CLOSED:  # nobody reads on: it gets what a closed pipe gives
            self._close_outputs()
        if kind in (frames.INPUT, frames.STDIN_EOF):
            self._stdin.feed()

    def _stop(self, payload: bytes) -> None:
        """Stop by hand; the host's ending says how long a save may take, and why (running_jobs.py)."""
        save_s, _, why = payload.decode("utf-8", "replace").partition(" ")
        if why and not self._reason:
            self._why, self.save_until = why, time.monotonic() + float(save_s)
        self.end("stopped")

    def _queue_input(self, payload: bytes) -> None:
        """Keep input until the command reads it; with half of its input it must not go on."""
        try:
            self._process.stdin.add(payload)
        except OSError:
            self._process.stdin.drop()
            if not self._reason:
                self.end("no room")

    def _close_outputs(self) -> None:
        for fd in list(self._outputs):
            self._drop_output(fd)
        self._process.close_outputs()
