"""A real sshd, and a fake Session Manager in front of it, each with the faults that a test asks for."""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gpuinfra.ground.model import Host
from gpuinfra.tools.ssh import ssh_config
from gpuinfra.tools.ssh.client import OpenSsh
from tests.samples import host
from tests.tools.ssm import frames, sshd
from tests.waiting import PATIENCE_S, wait_until

TARGET = "i-0123456789abcdef0"
Private = Callable[..., AbstractContextManager["Way"]]


@dataclass(frozen=True, kw_only=True)
class Way:
    """The way to a private host, as the command line sets it up."""

    host: Host
    conf: Path
    env: dict[str, str]
    api: str

    @property
    def link(self) -> OpenSsh:
        """The real Link port."""
        return OpenSsh(self.env)

    def run(self, *argv: str, feed: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """Run OpenSSH's program with our configuration, without a shared connection."""
        options = ["-F", str(self.conf), "-o", "ControlPath=none", "-o", f"ConnectTimeout={PATIENCE_S:.0f}"]
        return subprocess.run(
            [argv[0], *options, *argv[1:]],
            env=self.env,
            input=feed,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def proxy(self, target: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """Run ssm-proxy by hand, stdin at its end at once."""
        return self._gpuinfra("ssm-proxy", "--region", "us-east-1", target, **env)

    def verbose_proxy(self, target: str) -> "subprocess.CompletedProcess[str]":
        """Run it with -v."""
        return self._gpuinfra("-v", "ssm-proxy", "--region", "us-east-1", target)

    def _gpuinfra(self, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
        argv = [sys.executable, "-m", "gpuinfra", *words]
        return subprocess.run(
            argv,
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def seen(self) -> dict[str, int]:
        """Return what the fake has seen so far."""
        with urllib.request.urlopen(self.api, timeout=PATIENCE_S) as answer:
            return dict(json.load(answer))

    def wait_for(self, what: str, count: int = 1) -> None:
        """Wait until the fake has seen something so many times."""
        wait_until(lambda: self.seen().get(what, 0) >= count, what, more=self.seen)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sshd.Sshd]:
    """A real sshd."""
    programs = sshd.find(tmp_path_factory.mktemp("programs"))
    with sshd.running(programs, tmp_path_factory.mktemp("sshd")) as started:
        yield started


@pytest.fixture
def private(server: sshd.Sshd, tmp_path: Path) -> Private:
    """Open a way to a private host, with faults: `with private("lose=.1") as way`."""
    return lambda *faults, **changes: opened(server, tmp_path, faults, changes)


@contextlib.contextmanager
def opened(
    server: sshd.Sshd, directory: Path, faults: tuple[str, ...], changes: dict[str, int]
) -> Iterator[Way]:
    """Start the fake, and set up ssh as for a real private host."""
    ready = directory / "ready"
    port = str(changes.get("port", server.port))
    argv = [sys.executable, "-m", "tests.tools.ssm.fake_aws", str(ready), port, *faults]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: ready.exists() or process.poll() is not None, "the fake")
            with tempfile.TemporaryDirectory(
                prefix="g"
            ) as short:  # the socket of a shared connection is there
                yield way(server, directory, ready.read_text(), runtime=short)
        finally:
            process.terminate()


def way(server: sshd.Sshd, directory: Path, api: str, *, runtime: str) -> Way:
    """Write the configuration with the real adapters."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GPUINFRA_", "XDG_", "SSH_"))}
    keys = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": frames.SECRET}
    homes = {name: str(directory) for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")}
    aws = {"AWS_ENDPOINT_URL": api, "AWS_EC2_METADATA_DISABLED": "true", **keys}
    env = {**kept, **homes, **aws, "XDG_RUNTIME_DIR": runtime}
    made = host(
        access="ssm",
        public_ip="",
        instance_id=TARGET,
        ssh_user=server.user,
        private_key_path=str(server.identity),
    )
    link = OpenSsh(env)
    link.pin(made, [server.host_key])
    link.configure(made, address=made.address)
    conf = ssh_config.path(made.stack, env)
    be_patient(conf)
    return Way(host=made, conf=conf, env=env, api=api)


def be_patient(conf: Path) -> None:
    """Let ssh wait for its proxy: on a busy machine that alone takes longer to start than 15 s."""
    conf.write_text(re.sub(r"ConnectTimeout \d+", f"ConnectTimeout {PATIENCE_S:.0f}", conf.read_text()))
