"""A lock of 250 packages does not fit into user-data: the host waits for it, and checks it by its hash."""

import hashlib
from pathlib import Path

import pytest

from gpuinfra.features.connect.awaited_lock import TARGET
from gpuinfra.simulator.conda.packages import module
from tests.bootstrap.host import ENVIRONMENT, Host
from tests.bootstrap.server import Server
from tests.bootstrap.test_interrupted import in_step
from tests.waiting import PATIENCE_S, wait_until

COUNT = 250


@pytest.fixture(scope="session")
def channel(www: Path) -> Path:
    """The channel with 250 tiny packages more."""
    for number in range(COUNT):
        module(f"tiny{number}", "1.0").write(www / "conda-forge")
    return www / "conda-forge"


@pytest.fixture
def lock(channel: Path, server: Server) -> str:
    """A lock of the usual environment and 250 tiny packages."""
    usual = ("python-", "tinyapp-", "tinylib-1.1", "tiny")
    files = sorted(p for p in channel.rglob("*.conda") if p.name.startswith(usual))
    named = [file for file in files if not file.name.startswith("tinylib-1.0")]
    lines = [
        f"{server.url}/conda-forge/{file.parent.name}/{file.name}"
        f"#sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
        for file in named
    ]
    digest = hashlib.sha256(ENVIRONMENT.encode()).hexdigest()
    head = f"# gpuinfra lock v1 input-sha256={digest} cuda=none"
    return "\n".join([head, "@EXPLICIT", *lines]) + "\n"


def test_a_host_waits_for_a_long_lock_and_installs_it(host: Host, lock: str, server: Server) -> None:
    """Conda is made ready meanwhile; a file with another hash is not taken; the right one is installed."""
    host.give(lock=lock)
    assert not (host.conf / "conda.lock").exists()
    process = host.start()
    wait_until(lambda: in_step(host, "lock") and bool(host.status["awaits"]), "the host to wait")
    assert host.status["awaits"] == hashlib.sha256(lock.encode()).hexdigest()
    assert host.status["message"] == "waiting for environment.lock from gpuinfra"
    sent, taken = host.home / TARGET, host.state / "env/lock.txt"
    sent.parent.mkdir(parents=True)
    sent.write_text("@EXPLICIT\n")
    wait_until(lambda: taken.exists() and taken.read_text() == "@EXPLICIT\n", "the lock to be there")
    assert host.status["step"] == "lock"
    part = sent.with_suffix(".new")
    part.write_text(lock)
    part.replace(sent)
    _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, told
    assert (host.status["state"], host.status["awaits"]) == ("done", "")
    installed = (host.state / "env.explicit.txt").read_text()
    assert sum(f"/tiny{number}-1.0-" in installed for number in range(COUNT)) == COUNT
    assert server.count("repodata") == 0
    sent.unlink()
    assert host.boot() == 0
    assert host.ran() == [], "a lock that is there is not waited for again"


def test_a_lock_that_does_not_come_is_told(host: Host, lock: str) -> None:
    """Systemd tries again: somebody may connect later."""
    host.values["LOCK_WAIT_S"] = "1"
    host.give(lock=lock)
    assert host.boot() == 75
    assert (host.status["step"], host.status["permanent"]) == ("lock", False)
    assert "environment.lock did not come" in host.status["message"]
