"""OpenSSH: keys by ssh-keygen, sessions by ssh itself."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gpuinfra import config, hostkeys
from gpuinfra.adapters import ssh_config, ssm_report
from gpuinfra.adapters.workspace import write_private
from gpuinfra.errors import ConfigError, HostError, Unreachable
from gpuinfra.model import Host
from gpuinfra.platforms import install_openssh

PORT = 22
# What ssh answers when it could not connect or log in; else it passes on the remote command's code.
SSH_FAILED = 255
CHANGED, UNKNOWN = "REMOTE HOST IDENTIFICATION HAS CHANGED", "Host key verification failed"
ANSWER_TIMEOUT_S = 3.0
QUIET: dict[str, Any] = {
    "stdin": subprocess.DEVNULL,
    "stdout": subprocess.DEVNULL,
    "stderr": subprocess.DEVNULL,
}


class OpenSsh:
    """The Link port: one configuration file and one shared connection for each stack."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def pinned(self, host: Host) -> bool:
        """Tell whether the host's key is known."""
        return self._pin(host).exists()

    def pin(self, host: Host, keys: Sequence[str]) -> None:
        """Keep the host's true keys under its instance id (0600)."""
        self._pin(host).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(self._pin(host), hostkeys.known_hosts(host.instance_id, list(keys)).encode())

    def forget(self, host: Host) -> None:
        """End the shared connection and delete the configuration and the pinned key."""
        if self._conf(host).exists():
            subprocess.run([*self._ssh(host), "-O", "exit", "-q"], check=False, **QUIET)
        self._conf(host).unlink(missing_ok=True)
        self._pin(host).unlink(missing_ok=True)

    def configure(self, host: Host, *, address: str) -> None:
        """Write the configuration for the host at this address."""
        ssh_config.write(host, address=address, known_hosts=self._pin(host), environ=self._environ)

    def is_open(self, host: Host) -> bool:
        """Tell whether the shared connection is up."""
        if not self._conf(host).exists():
            return False
        return subprocess.run([*self._ssh(host), "-O", "check"], check=False, **QUIET).returncode == 0

    def answers(self, address: str) -> bool:
        """Tell whether something listens where ssh would connect to."""
        try:
            with socket.create_connection((address, PORT), timeout=ANSWER_TIMEOUT_S):
                return True
        except OSError:
            return False

    def run(self, host: Host, command: str, *, timeout_s: float) -> str | None:
        """Run a command quietly; return its stdout, None when the host does not answer (yet).

        Raises:
            HostError: the host shows another key than the pinned one.
            GpuInfraError: Session Manager refuses, and waiting would not help.
        """
        argv = [*self._ssh(host), "-o", "BatchMode=yes", "--", command]
        report = ssm_report.prepare(host.instance_id, self._environ) if host.is_private else None
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                env={**os.environ, ssm_report.VARIABLE: str(report)} if report else None,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        if CHANGED in done.stderr or UNKNOWN in done.stderr:
            raise key_changed(host)
        refused = ssm_report.read(report) if report else None
        if done.returncode == SSH_FAILED and refused and not isinstance(refused, Unreachable):
            raise refused
        return None if done.returncode == SSH_FAILED else done.stdout

    def argv(self, host: Host, command: Sequence[str]) -> list[str]:
        """Return the command line of a session at the user's terminal."""
        return [*self._ssh(host), *(["--"] if command else []), *command]

    def _ssh(self, host: Host) -> list[str]:
        return [program(), "-F", str(self._conf(host)), ssh_config.alias(host.stack)]

    def _conf(self, host: Host) -> Path:
        return ssh_config.path(host.stack, self._environ)

    def _pin(self, host: Host) -> Path:
        return config.state_home(self._environ) / "hosts" / host.instance_id


def key_changed(host: Host) -> HostError:
    """Return the error for a host that is not the one whose key AWS showed."""
    return HostError(
        f"{host.instance_id} shows another host key than the one it printed to its console: either its keys"
        " were made anew, or somebody sits between you and it. gpuinfra does not connect",
        hint="if you made new keys yourself: gpuinfra ssh --forget-key   # reads the console anew",
    )


def own_key(directory: Path) -> Path:
    """Return the public half of gpuinfra's own key pair, making it at the first call (ed25519, 0600).

    Raises:
        ConfigError: ssh-keygen is missing or fails.
    """
    private, public = directory / "id_ed25519", directory / "id_ed25519.pub"
    if private.exists() and public.exists():
        return public
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "gpuinfra", "-f", str(private)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise ConfigError("ssh-keygen is not installed", hint=install_openssh(sys.platform)) from None
    except subprocess.CalledProcessError as error:
        raise ConfigError(f"ssh-keygen could not make {private}: {error.stderr.strip()}") from None
    return public


def public_key(path: Path) -> Path:
    """Return the path of a public key that the user named, checked.

    Raises:
        ConfigError: it does not exist or is not a public key (a private one above all).
    """
    path = path.expanduser()
    if not path.is_file():
        raise ConfigError(f"{path} does not exist", hint="gpuinfra init   # makes a key of its own")
    if not path.read_text(errors="replace").startswith(("ssh-", "ecdsa-", "sk-")):
        raise ConfigError(f"{path} is not an OpenSSH public key (it should end in .pub)")
    return path


def program() -> str:
    """Return OpenSSH's client.

    Raises:
        HostError: it is not installed.
    """
    found = shutil.which("ssh")
    if not found:
        raise HostError("ssh is not installed", hint=install_openssh(sys.platform))
    return found
