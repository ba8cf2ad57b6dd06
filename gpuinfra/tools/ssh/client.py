"""OpenSSH: keys by ssh-keygen, sessions by ssh itself."""

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from gpuinfra.ground import locations, paths
from gpuinfra.ground.errors import ConfigError, HostError, KeyChanged, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command as typed
from gpuinfra.ground.platforms import install_openssh
from gpuinfra.tools import process
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.files import make_private, write_private
from gpuinfra.tools.ssh import answer, host_keys, key_check, login, ssh_config
from gpuinfra.tools.ssm import report as ssm_report

PORT = 22
# What ssh answers when it could not connect or log in; else it passes on the remote command's code.
SSH_FAILED = 255
CHANGED, UNKNOWN = "REMOTE HOST IDENTIFICATION HAS CHANGED", "Host key verification failed"
ANSWER_TIMEOUT_S = 3.0
MOST_BYTES, MOST_WORDS = 64 << 20, 64 << 10  # of the log of a boot, and of what ssh says


@adapter("ssh cannot be used")
class OpenSsh:
    """The SshClient protocol: one configuration file and one shared connection for each stack."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def pinned(self, host: Host) -> bool:
        """Tell whether the host's key is known."""
        return self._pin(host).exists()

    def pin(self, host: Host, keys: Sequence[str]) -> None:
        """Keep the host's true keys under its instance id (0600)."""
        make_private(self._pin(host).parent)
        write_private(self._pin(host), host_keys.known_hosts(host.instance_id, list(keys)).encode())

    def forget(self, host: Host) -> None:
        """End the shared connection and delete the configuration and the pinned key."""
        self._master(host, "exit")
        ssh_config.remove(host, self._environ)
        self._pin(host).unlink(missing_ok=True)

    def close(self, host: Host) -> None:
        """End the shared connection, if there is one."""
        self._master(host, "exit")

    def met_at(self, host: Host, *, since: Path) -> str:
        """Return the address at which the host was met after a file was written; empty if it was not."""
        return locations.met_at(self._environ, host.instance_id, str(since))

    def configure(self, host: Host, *, address: str) -> None:
        """Write the configuration for the host at this address; empty: at the one that it has already."""
        address = address or ssh_config.address(host, self._environ)
        agent = key_check.identity_agent(ssh_config.alias(host.stack), self._environ)
        ssh_config.write(
            host, address=address, known_hosts=self._pin(host), environ=self._environ, agent=agent
        )

    def key_trouble(self, private: Path, stack: str) -> ConfigError | None:
        """Return why ssh could not log in with a key of this machine; None: it can."""
        return key_check.trouble(private, alias=ssh_config.alias(stack), environ=self._environ)

    def is_open(self, host: Host) -> bool:
        """Tell whether the shared connection is up."""
        return self._master(host, "check")

    def answers(self, address: str) -> bool:
        """Tell whether something listens where ssh would connect to."""
        try:
            with socket.create_connection((address, PORT), timeout=ANSWER_TIMEOUT_S):
                return True
        except OSError:
            return False

    def run(self, host: Host, command: str, *, timeout_s: float) -> str:
        """Run a command quietly; return its stdout; nobody is asked for a passphrase.

        Raises:
            Unreachable: ssh does not get in, or not yet; the message is ssh's last line.
            Refused: the host does not let the key in.
            HostError: the login shell ended before the command began.
            KeyChanged: the host shows another key than the pinned one.
            GpuInfraError: Session Manager refuses, and waiting would not help.
        """
        argv = self.argv(host, [login.marked(command)], options=["-o", "BatchMode=yes"])
        report = ssm_report.prepare(host.instance_id, self._environ) if host.is_private else None
        # a file, not a pipe: before OpenSSH 8.5 the shared connection kept stderr open after the command
        with tempfile.TemporaryFile() as said:
            env = {**os.environ, ssm_report.VARIABLE: str(report)} if report else None
            child = process.start(argv, env=env, stdin=process.DEVNULL, stdout=process.PIPE, stderr=said)
            try:
                words = answer.talk(child, b"", most=MOST_BYTES, timeout_s=timeout_s)
            except process.TimeoutExpired:
                self._master(host, "stop")  # it may be dead at the other end: the next try connects anew
                raise Unreachable(f"no answer within {timeout_s:g} seconds") from None
            except answer.TooMuch as error:
                raise HostError(f"the host's answer is none that gpuinfra knows: {error}") from None
            said.seek(max(0, said.seek(0, os.SEEK_END) - MOST_WORDS))
            _check(host, child.returncode, said.read().decode("utf-8", "replace"), report)
        return login.unmarked(words.decode("utf-8", "replace"))

    def argv(self, host: Host, command: Sequence[str], *, options: Sequence[str] = ()) -> list[str]:
        """Return the command line of a session at the user's terminal, with more options of ssh."""
        *ssh, alias = self._ssh(host)
        return [*ssh, *options, alias, *(["--"] if command else []), *command]

    def _ssh(self, host: Host) -> list[str]:
        return [program(), "-F", str(ssh_config.own_path(host, self._environ)), ssh_config.alias(host.stack)]

    def _master(self, host: Host, order: str) -> bool:
        """Give the shared connection an order; tell whether there was one to take it."""
        if not ssh_config.own_path(host, self._environ).exists():
            return False
        return process.run([*self._ssh(host), "-O", order]).returncode == 0

    def _pin(self, host: Host) -> Path:
        return paths.state_home(self._environ) / "hosts" / host.instance_id


def key_changed(host: Host) -> KeyChanged:
    """Return the error for a host that is not the one whose key AWS showed."""
    return KeyChanged(
        f"{host.instance_id} shows another host key than the one it printed to its console: either its keys"
        " were made anew, or somebody sits between you and it. gpuinfra does not connect",
        hint=f"if you made new keys yourself: reboot the host, so that it prints them, then"
        f" {typed('ssh --forget-key', host.stack)}",
    )


def _check(host: Host, exit_code: int, said: str, report: Path | None) -> None:
    if exit_code != SSH_FAILED:
        return
    if CHANGED in said or UNKNOWN in said:
        raise key_changed(host)
    if report and (refused := ssm_report.read(report)):
        raise refused
    raise login.failure(said)


def program() -> str:
    """Return OpenSSH's client.

    Raises:
        HostError: it is not installed.
    """
    found = shutil.which("ssh")
    if not found:
        raise HostError("ssh is not installed", hint=install_openssh(sys.platform))
    return found
