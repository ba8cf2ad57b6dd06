"""The laptop's end of the programs on the host: each session starts one, and brings the bundle at need.
Over 200 lines, as the client and the session that it is made of are read together."""

import json
import re
import shlex
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, Any

from gpuinfra.ground import locations
from gpuinfra.ground.errors import CloudError, ConfigError, GpuInfraError, HostError, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.printable import printable
from gpuinfra.ground.protocols import CommandResult, Request, SessionResult, SshClient
from gpuinfra.ground.reply import checked
from gpuinfra.host.jobs import frames
from gpuinfra.tools import process, verbose
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.ssh import answer, host_bundle, login, terminal_session

SSH_FAILED = 255
REFUSAL = {"refused": str, "hint": (str, None), "exit_code": int}
HINTED = re.compile(r"gpuinfra (ssh|status|sync up|job list|job logs)( |\Z)")
NEWER = "git pull && make setup"
REMARK = re.compile(
    r"checks anew; if it stays so: gpuinfra stop(| --stack [a-z0-9-]+) && gpuinfra start\1",
)
ERRORS: dict[int, type[GpuInfraError]] = {2: ConfigError, 4: CloudError, 5: HostError}
# A connection of its own: the shared one may have been opened without the agent.
LEND_AGENT = ("-o", "ControlPath=none", "-A")
SEND_TIMEOUT_S = 120.0
MOST_BYTES, MOST_WORDS = (
    16 << 20,
    64 << 10,
)  # of an answer (1,000 jobs are 0.4 MB), and of what is said beside
LAST_WORDS_S = 1.0  # before OpenSSH 8.5 a shared connection kept stderr open after the command


def refusal(reply: dict[str, Any]) -> GpuInfraError:
    """Return the host's refusal as an error of ours."""
    known = checked(reply, REFUSAL, "its refusal")
    return ERRORS.get(known["exit_code"], HostError)(known["refused"], hint=safe_hint(known["hint"] or ""))


def safe_hint(hint: str) -> str:
    """Return a next command of the host's, if it is one of those that ours names; people type what we print.

    Its words are quoted anew, so that it is one command; no other remark than ours goes with it.
    """
    if hint == NEWER:
        return locations.upgrade()
    line, mark, remark = hint.partition("   # ")
    try:
        words = shlex.split(line)
    except ValueError:
        return ""
    again = shlex.join(words)
    if not (HINTED.match(again) and again.isprintable()):
        return ""
    return again + (mark + remark if REMARK.fullmatch(remark) else "")


@adapter("ssh cannot be run")
class SshHostClient:
    """The HostClient protocol, over the connection of `ssh`."""

    def __init__(self, ssh: SshClient) -> None:
        self._ssh = ssh

    def run(
        self,
        host: Host,
        program: Sequence[str],
        *,
        stdin: bytes = b"",
        timeout_s: float | None = None,
        shown: bool = False,
        lend_agent: bool = False,
    ) -> CommandResult:
        """Run a program of the bundle to its end; `shown`: its stderr is ours, too; it may use our agent.

        Raises:
            Unreachable: the host does not answer, or not in time.
            HostError: the login shell ended before our program began.
        """
        ssh = self._ssh.argv(host, [], options=LEND_AGENT if lend_agent else ())
        return _Session(ssh, program, timeout_s=timeout_s, shown=shown).finish(stdin)

    def ask(self, host: Host, request: Request, *, timeout_s: float) -> Any:
        """Return the reply of the jobs' program.

        Raises:
            Unreachable: the host does not answer.
            GpuInfraError: the host refused, in its own words.
        """
        opening = frames.pack(frames.REQUEST, json.dumps(request).encode())
        done = self.run(host, host_bundle.JOBS, stdin=opening, timeout_s=timeout_s)
        try:
            reply = json.loads(done.stdout)
        except (ValueError, RecursionError):
            raise HostError(
                f"the host answered {done.stdout[-300:]!r} {done.stderr.strip()[-500:]}"
            ) from None
        if isinstance(reply, dict) and "refused" in reply:
            raise refusal(reply)
        return reply

    def attach(self, host: Host, request: Request, *, tty: bool) -> SessionResult:
        """Attach to a command until it ends, the connection breaks or the user leaves.

        Raises:
            HostError: the login shell ended before our program began.
        """
        ssh = self._ssh.argv(host, [])
        verbose.note([*ssh, "--", *host_bundle.JOBS])
        try:
            code, left = terminal_session.attach(ssh, request, tty=tty)
        except host_bundle.NoMarker as error:
            raise _no_start(error.noise, "") from None
        return SessionResult(code=code, detached=left)

    def stream(self, host: Host, request: Request, write: Callable[[bytes], None]) -> tuple[int, int]:
        """Hand what the jobs' program says to `write`; return ssh's exit code and the bytes that came."""
        bundle, copied = host_bundle.files(), 0
        argv = self._ssh.argv(host, [host_bundle.command(host_bundle.JOBS, bundle)])
        with process.start(argv, stdin=process.PIPE, stdout=process.PIPE, bufsize=0) as child:
            assert child.stdin and child.stdout  # noqa: S101, PT018 - PIPE was asked for
            try:
                data = host_bundle.hand_over(child.stdin.fileno(), child.stdout.fileno(), bundle)
                host_bundle.send(
                    child.stdin.fileno(), frames.pack(frames.REQUEST, json.dumps(request).encode())
                )
                while data or (data := child.stdout.read(frames.CHUNK)):
                    write(data)
                    copied, data = copied + len(data), b""
            except host_bundle.NoMarker as error:
                if child.wait() != SSH_FAILED:
                    raise _no_start(error.noise, "") from None
            except BrokenPipeError:  # ssh is gone (its code tells), or our reader has had enough
                child.terminate()
            except BaseException:
                child.terminate()
                raise
            return child.wait(), copied

    def python(self, host: Host, interpreter: str, script: str, *, timeout_s: float) -> Any:
        """Run a script of ours by a Python on the host; return the JSON of its last line.

        Raises:
            Unreachable: the host does not answer.
            HostError: the script failed.
        """
        done = self.run(host, host_bundle.script(script, interpreter=interpreter), timeout_s=timeout_s)
        try:
            return json.loads(done.stdout.strip().splitlines()[-1])
        except (ValueError, IndexError, RecursionError):
            raise HostError(f"{script} failed on the host: {done.stderr.strip()[-500:]}") from None

    def send_file(self, host: Host, data: bytes, *, target: str, sha256: str) -> None:
        """Write a file on the host (0600, in one step): `target` is absolute, or below the login user's home.

        Raises:
            Unreachable: the host does not answer.
            HostError: it did not arrive whole, or cannot be written there.
        """
        program = host_bundle.script("receive.py", target, sha256)
        done = self.run(host, program, stdin=data, timeout_s=SEND_TIMEOUT_S)
        if done.code:
            raise HostError(f"{target} could not be written on the host: {done.stderr.strip()[-300:]}")


class _Session:
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
            raise _no_start(error.noise, self._said()) from None
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


def _no_start(noise: bytes, stderr: str) -> HostError:
    return login.no_start(noise.decode("utf-8", "replace") + stderr)
