"""The laptop's end of the programs on the host: each session starts one, and brings the bundle at need."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from gpuinfra.ground.errors import HostError
from gpuinfra.ground.model import Host
from gpuinfra.ground.protocols import CommandResult, Request, SessionResult, SshClient
from gpuinfra.host.jobs import frames
from gpuinfra.tools import process, verbose
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.ssh import host_bundle, terminal_session
from gpuinfra.tools.ssh.host_refusal import refusal
from gpuinfra.tools.ssh.host_session import SSH_FAILED, HostSession, no_start

# A connection of its own: the shared one may have been opened without the agent.
LEND_AGENT = ("-o", "ControlPath=none", "-A")
SEND_TIMEOUT_S = 120.0


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
        return HostSession(ssh, program, timeout_s=timeout_s, shown=shown).finish(stdin)

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
            raise no_start(error.noise, "") from None
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
                    raise no_start(error.noise, "") from None
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
