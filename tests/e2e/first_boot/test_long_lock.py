"""A lock of 250 packages, too long for user-data, on a real host: `up` sends it while the host waits."""

import hashlib
from collections.abc import Iterator

import pytest

from gpuinfra.simulator.conda.offline_setup import CHANNEL
from gpuinfra.simulator.conda.packages import module
from tests.e2e.first_boot.lab_stack import LabStack

pytestmark = pytest.mark.e2e

COUNT = 250
ITS_OWN = ("python-", "pip-", "pytorch-2.13.0-cuda", "tinyapp-", "tinylib-1.1")


@pytest.fixture
def locked(clone: LabStack) -> Iterator[LabStack]:
    """A stack of the clone, with the lock of 250 tiny packages beside those of its environment."""
    channel, project = clone.lab.mirror / CHANNEL, clone.cli.project
    tiny = [module(f"tiny{number}", "1.0").write(channel) for number in range(COUNT)]
    files = [path for path in channel.rglob("*.conda") if path.name.startswith(ITS_OWN)] + tiny
    lines = [
        f"https://{CHANNEL}/{path.parent.name}/{path.name}"
        f"#sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in sorted(files)
    ]
    digest = hashlib.sha256((project / "environment.yml").read_bytes()).hexdigest()
    lock = project / "environment.lock"
    head = f"# gpuinfra lock v1 input-sha256={digest} cuda=12.4"
    lock.write_text("\n".join([head, "@EXPLICIT", *lines]) + "\n")
    stack = clone.other("long")
    yield stack
    lock.unlink()
    assert stack.run("down", "--yes").returncode == 0


def test_a_host_gets_its_long_lock_over_ssh(locked: LabStack) -> None:
    """One `up` makes the host, sends the lock that it waits for, and ends when the environment is proven."""
    done = locked.run("up", "--yes")
    assert done.returncode == 0, done.stderr
    assert "sending environment.lock, which the host waits for" in done.stderr
    told = locked.on_host("cat /etc/gpuinfra/conda.lock 2>&1 || true")
    assert "No such file" in told, "it did not come with user-data"
    installed = locked.on_host("cat /var/lib/gpuinfra/env.explicit.txt")
    assert sum(f"/tiny{number}-1.0-" in installed for number in range(COUNT)) == COUNT
