"""Ports of the host on this machine's loopback, each by a connection of its own."""

import itertools
import os
import select
import signal
import socket
import tempfile
from collections.abc import Sequence
from typing import IO, NoReturn

from gpuinfra.ground.model import Host
from gpuinfra.ground.protocols import SshClient
from gpuinfra.tools import process
from gpuinfra.tools.adapter import adapter

LOOPBACK = "127.0.0.1"
IN_USE = "Address already in use"
OPTIONS = (
    "ControlPath=none",
    "ExitOnForwardFailure=yes",
    # After the laptop slept, ssh must notice within seconds that its connection is dead.
    "ServerAliveInterval=5",
    "ServerAliveCountMax=2",
    "BatchMode=yes",
    "ClearAllForwardings=no",
    # what ssh runs once it is logged in and listens: its word is how we know
    "PermitLocalCommand=yes",
    "LocalCommand=echo up",
)


@adapter("a port of this machine cannot be used", passes=(PermissionError,))
class SshTunnel:
    """The Tunnel protocol."""

    def __init__(self, ssh: SshClient) -> None:
        self._ssh = ssh

    def taken(self, port: int) -> bool:
        """Tell whether a port of this machine's loopback is in use; raises PermissionError for root's."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as ssh itself does
            try:
                probe.bind((LOOPBACK, port))
            except PermissionError:
                raise
            except OSError:
                return True
        return False

    def free(self, near: int) -> int:
        """Return the first free port from `near` on, or else from 1024 on."""
        ports = itertools.chain(range(near, 65536), range(1024, 65536))
        return next(port for port in ports if not self.taken(port))

    def carry(self, host: Host, *, local: int, remote: int) -> "SshCarried":
        """Begin to carry a port; both ends are loopback only."""
        options = [word for option in OPTIONS for word in ("-o", option)]
        forward = f"{LOOPBACK}:{local}:{LOOPBACK}:{remote}"
        return SshCarried(self._ssh.argv(host, [], options=["-N", "-T", *options, "-L", forward]))


class SshCarried:
    """One running ssh -L."""

    def __init__(self, argv: Sequence[str]) -> None:
        # closed by end(); a pipe would fill up if nobody read it meanwhile
        self._said: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._late = ""
        self._process = process.start(
            argv,
            stdin=process.DEVNULL,
            stdout=process.PIPE,
            stderr=self._said,
            env={**os.environ, "SHELL": "/bin/sh"},  # which runs the LocalCommand
        )

    def up(self, *, timeout_s: float) -> bool:
        """Wait until the local port takes connections; False when ssh has ended, as it has to in time."""
        assert self._process.stdout  # noqa: S101  # for the type checker
        if not select.select([self._process.stdout], [], [], timeout_s)[0]:
            self._late = f"not connected within {timeout_s:g} seconds"
            self._process.terminate()
            return False
        return bool(self._process.stdout.read1(16))  # type: ignore[attr-defined]

    def wait(self) -> str:
        """Wait until ssh ends; return the line that says why, or its last one."""
        self._process.wait()
        self._said.seek(0)
        # "channel 2: open failed: ...": nothing listened on the host's port when somebody connected to ours
        lines = [line for line in self._said.read().splitlines() if line and not line.startswith("channel ")]
        lines = lines or [f"exit code {self._process.returncode}"]
        return self._late or next((line for line in lines if IN_USE in line), lines[-1])

    def end(self) -> None:
        """End ssh."""
        self._process.terminate()
        with self._process:  # waits, and closes the pipe
            self._said.close()


def end_as_by_ctrl_c() -> None:
    """Let SIGTERM and SIGHUP do what Ctrl-C does: else our ssh would stay and hold the port."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores one of them
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt
