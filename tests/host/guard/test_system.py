"""One sample: what the kernel's counters become."""

import time
from pathlib import Path

import pytest

from gpuinfra.host.guard import system
from gpuinfra.host.guard.gpu import Gpu
from gpuinfra.host.guard.system import Sampler
from tests.waiting import wait_until

NETWORK = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 999999    10    0    0    0     0          0         0   999999    10    0    0    0     0       0          0
  ens5:1000    10    0    0    0     0          0         0   200    10    0    0    0     0       0          0
docker0: 5000    10    0    0    0     0          0         0   5000    10    0    0    0     0       0          0
vethab1: 5000    10    0    0    0     0          0         0   5000    10    0    0    0     0       0          0
  ens6: 7    10    0    0    0     0          0         0   3    10    0    0    0     0       0          0
"""  # noqa: E501


def test_traffic_of_containers_is_not_counted_twice(tmp_path: Path) -> None:
    """Bridges, their ends and the loopback are no traffic of the host."""
    file = tmp_path / "dev"
    file.write_text(NETWORK)
    assert system.network_bytes(str(file)) == (1007, 203)


@pytest.mark.parametrize("content", [None, "", "user_usec 5\n", "usage_usec many\n"])
def test_cpu_is_known_without_control_groups(tmp_path: Path, content: str | None) -> None:
    """Where the root group says nothing, /proc/stat does."""
    file = tmp_path / "cpu.stat"
    if content is not None:
        file.write_text(content)
    assert system.cpu_seconds(str(file)) > 0


def test_cpu_is_that_of_the_host_alone(tmp_path: Path) -> None:
    """The root control group has the word."""
    file = tmp_path / "cpu.stat"
    file.write_text("usage_usec 12500000\nuser_usec 1\n")
    assert system.cpu_seconds(str(file)) == 12.5


def test_a_busy_loop_is_one_core() -> None:
    """CPU is told in cores: one loop is about one, however many processors the host has."""
    sampler = Sampler()
    began = time.process_time()
    wait_until(
        lambda: sum(range(1_000_000)) > 0 and time.process_time() - began > 0.5, "half a second of work"
    )
    worked_s = time.process_time() - began
    sample = sampler.take([Gpu(index=0, busy_percent=1, memory_used_mib=2, memory_mib=3, temperature_c=4)])
    assert 0.8 * worked_s / sample.seconds < sample.cpu_cores <= sample.cpus + 0.5
    assert 0.5 <= sample.seconds < 60
    assert 0 < sample.memory_used_mib < sample.memory_mib
    assert 0 < sample.disk_free_gb < sample.disk_gb
    assert abs(sample.time - time.time()) < 60
    assert sample.values()["gpus"][0]["busy_percent"] == 1
