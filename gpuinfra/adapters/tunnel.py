"""Ports of the host on this machine's loopback, each by a connection of its own."""

import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import IO

from gpuinfra.errors import ConfigError

LOOPBACK = "127.0.0.1"
POLL_S = 0.05
# After the laptop slept, ssh must notice within seconds that its connection is dead.
OPTIONS = (
    "ControlPath=none",
    "ExitOnForwardFailure=yes",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=2",
    "BatchMode=yes",
    "ClearAllForwardings=no",
)


class SshTunnel:
    """The Tunnel port."""

    def taken(self, port: int) -> bool:
        """Tell whether a port of this machine's loopback is in use."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as ssh itself does
            try:
                probe.bind((LOOPBACK, port))
            except PermissionError:
                raise ConfigError(f"port {port} of this machine needs root: take one from 1024 up") from None
            except OSError:
                return True
        return False

    def free(self, near: int) -> int:
        """Return the first free port from `near` on."""
        return next(port for port in range(near, 65536) if not self.taken(port))

    def carry(self, ssh: Sequence[str], *, local: int, remote: int) -> "SshCarried":
        """Begin to carry a port; both ends are loopback only."""
        options = [word for option in OPTIONS for word in ("-o", option)]
        forward = f"{LOOPBACK}:{local}:{LOOPBACK}:{remote}"
        return SshCarried([*ssh[:-1], "-N", "-T", *options, "-L", forward, ssh[-1]], local)


class SshCarried:
    """One running ssh -L."""

    def __init__(self, argv: Sequence[str], port: int) -> None:
        # closed by end(); a pipe would fill up if nobody read it meanwhile
        self._said: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._port = port
        self._process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._said
        )

    def up(self, *, timeout_s: float) -> bool:
        """Wait until the local port takes connections."""
        deadline = time.monotonic() + timeout_s
        while self._process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex((LOOPBACK, self._port)) == 0:
                    return True
            time.sleep(POLL_S)
        return False

    def wait(self) -> str:
        """Wait until ssh ends; return its last line."""
        self._process.wait()
        self._said.seek(0)
        lines = self._said.read().strip().splitlines()
        return lines[-1] if lines else f"exit code {self._process.returncode}"

    def end(self) -> None:
        """End ssh."""
        self._process.terminate()
        self._process.wait()
        self._said.close()
