"""A real sshd on loopback, for the user of the tests alone; nothing is installed, no service is started."""

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from tests.waiting import PATIENCE_S, wait_until

PACKAGES = ("openssh-server", "openssh-sftp-server", "libwrap0")


@dataclass(frozen=True, kw_only=True)
class Programs:
    """Where sshd is: installed, or unpacked from Debian's package into a directory."""

    root: Path

    @property
    def sshd(self) -> Path:
        return self.root / "usr/sbin/sshd"

    @property
    def env(self) -> dict[str, str]:
        libraries = ":".join(str(p) for p in self.root.glob("usr/lib/*-linux-gnu"))
        return {**os.environ, "LD_LIBRARY_PATH": libraries} if self.root != Path("/") else dict(os.environ)

    def helpers(self) -> str:
        """Return the lines that name the programs which sshd starts, as far as this version has them."""
        lines = [f"Subsystem sftp {self.root / 'usr/lib/openssh/sftp-server'}"]
        for option, name in (("SshdSessionPath", "sshd-session"), ("SshdAuthPath", "sshd-auth")):
            if (path := self.root / "usr/lib/openssh" / name).exists():
                lines.append(f"{option} {path}")
        return "\n".join(lines)


def find(scratch: Path) -> Programs:
    """Return sshd: the installed one, else Debian's, unpacked into `scratch`."""
    if Path("/usr/sbin/sshd").exists():
        return Programs(root=Path("/"))
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        _without("needs sshd: install OpenSSH's server")
    fetch = ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=", *PACKAGES]
    if subprocess.run(fetch, cwd=scratch, capture_output=True, timeout=PATIENCE_S, check=False).returncode:
        _without("needs sshd, and apt-get cannot download openssh-server (apt-get update?)")
    for package in scratch.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", str(package), str(scratch)], check=True, timeout=PATIENCE_S)
    return Programs(root=scratch)


def _without(why: str) -> NoReturn:
    """Skip; where everything is to be tested, fail."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@dataclass(frozen=True, kw_only=True)
class Sshd:
    """A running sshd."""

    port: int
    user: str
    host_key: str
    identity: Path


@contextmanager
def running(programs: Programs, directory: Path) -> Iterator[Sshd]:
    """Start sshd for this user with keys of its own; end it."""
    for name in ("host", "id"):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)]
        subprocess.run(argv, check=True, timeout=PATIENCE_S)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (directory / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {directory / 'host'}\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile {directory / 'id.pub'}\nStrictModes no\nPermitRootLogin prohibit-password\n"
        f"MaxStartups 100\n{programs.helpers()}\n"
    )
    argv = _alone([str(programs.sshd), "-D", "-e", "-f", str(directory / "sshd_config")], directory)
    with (directory / "sshd.log").open("wb") as log:
        process = subprocess.Popen(argv, env=programs.env, stdin=subprocess.DEVNULL, stderr=log)
    try:
        _wait(process, port, directory / "sshd.log")
        key = (directory / "host.pub").read_text().rsplit(" ", 1)[0]
        yield Sshd(port=port, user=getpass.getuser(), host_key=key, identity=directory / "id")
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _alone(argv: list[str], directory: Path) -> list[str]:
    """As root, sshd wants a user and a directory of its own: give it both where only it can see them."""
    if os.geteuid():
        return argv
    users = Path("/etc/passwd").read_text()
    users += "" if "\nsshd:" in users else "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n"
    (directory / "passwd").write_text(users)
    script = (
        'mount --bind "$1" /etc/passwd; mount -t tmpfs none /run; mkdir -m 755 /run/sshd; shift; exec "$@"'
    )
    return ["unshare", "--mount", "sh", "-ec", script, "sh", str(directory / "passwd"), *argv]


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            return not probe.connect_ex(("127.0.0.1", port))

    wait_until(answers, "sshd", more=log.read_text)
