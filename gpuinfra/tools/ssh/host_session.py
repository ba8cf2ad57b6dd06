"""One session that runs a program of the bundle to its end, and what its failure means."""

import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

from gpuinfra.ground.errors import HostError, Unreachable
from gpuinfra.ground.printable import printable
from gpuinfra.ground.protocols import CommandResult
from gpuinfra.tools import process
from gpuinfra.tools.ssh import answer, host_bundle, login

SSH_FAILED = 255
MOST_BYTES, MOST_WORDS = (
    16 << 20,
    64 << 10,
)  # of an answer (1,000 jobs are 0.4 MB), and of what is said beside
LAST_WORDS_S = 1.0  # before OpenSSH 8.5 a shared connection kept stderr open after the command


class HostSession:
    """One session that runs a program of the bundle and whose words are read."""

    def __init__(
        self, ssh: Sequence[str], program: Sequence[str], *, timeout_s: float | None, shown: bool
    ) -> None:
        self._ends = None if timeout_s is None else time.monotonic() + timeout_s
        self._timeout_s = timeout_s
        self._bundle = host_bundle.files()
        argv = [*ssh, "--", host_bundle.command(program, self._bundle)]
        self._child = process.start(argv, stdin=process.PIPE, stdout=process.PIPE, stderr=process.PIPE)
        self._errors = bytearray()
        # read beside stdout; communicate() must not read it as well
        self._reader = threading.Thread(target=self._listen, args=(self._child.stderr, shown), daemon=True)
        self._child.stderr = None
        self._reader.start()

    def finish(self, given: bytes) -> CommandResult:
        """Give it its input, and wait for its end."""
        child = self._child
        assert child.stdin and child.stdout  # noqa: S101, PT018 - PIPE was asked for
        try:
            first = host_bundle.hand_over(
                child.stdin.fileno(), child.stdout.fileno(), self._bundle, timeout_s=self._left()
            )
            rest = answer.talk(child, given, most=MOST_BYTES, timeout_s=self._left())
        except host_bundle.NoMarker as error:
            self._end(timed_out=error.timed_out)
            raise no_start(error.noise, self._said()) from None
        except BrokenPipeError:
            first, rest = b"", child.stdout.read(MOST_BYTES)
        except process.TimeoutExpired:
            self._end(timed_out=True)
        except answer.TooMuch as error:
            raise HostError(f"the host's answer is none that gpuinfra knows: {error}") from None
        self._end(timed_out=False)
        stdout = (first + rest).decode("utf-8", "replace")
        return CommandResult(code=child.returncode, stdout=stdout, stderr=self._said())

    def _end(self, *, timed_out: bool) -> None:
        """Wait for ssh's end; raise what an unreachable host is."""
        if timed_out:
            self._child.kill()
        code = self._child.wait()
        for stream in (self._child.stdin, self._child.stdout):
            if stream:
                with suppress(BrokenPipeError):
                    stream.close()
        if timed_out:
            late = "" if self._timeout_s is None else f" for {self._timeout_s:.0f} s"
            raise Unreachable(f"the host has not answered{late}") from None
        if code == SSH_FAILED:
            error = login.failure(self._said())
            raise type(error)(f"the host does not answer: {error.message}")

    def _left(self) -> float | None:
        return None if self._ends is None else max(0.0, self._ends - time.monotonic())

    def _listen(self, stderr: IO[bytes], shown: bool) -> None:
        with stderr:
            while chunk := stderr.read1(4096):  # type: ignore[attr-defined]
                self._errors = (self._errors + chunk)[-MOST_WORDS:]
                if shown:
                    sys.stderr.write(printable(chunk.decode(errors="replace"), returns=True))
                    sys.stderr.flush()

    def _said(self) -> str:
        self._reader.join(LAST_WORDS_S)
        return self._errors.decode("utf-8", "replace")


def no_start(noise: bytes, stderr: str) -> HostError:
    """Return what it means that our program has not begun."""
    return login.no_start(noise.decode("utf-8", "replace") + stderr)
