"""What is told of a host's use: only what its numbers carry."""

import pytest

from gpuinfra.features.usage.hints import hints
from gpuinfra.features.usage.totals import Totals
from tests.features.usage.values import gpu_totals, host_totals

WAITS = gpu_totals(busy_percent=34.0)


def test_a_well_used_host_is_told_nothing() -> None:
    """No hint without a reason: what is always there is not read."""
    assert list(hints(host_totals(), lambda: 1.0)) == []


@pytest.mark.parametrize(
    ("totals", "says"),
    [
        (host_totals(WAITS, cpu_cores=1.05), "GPU 34 % on average, CPU one core full of 4: the input may be"),
        (host_totals(WAITS, cpu_cores=3.8), "GPU 34 % on average, all 4 CPU cores full: the input may be"),
        (host_totals(gpu_totals(memory_peak_mib=22600)), "GPU 0 memory at 98 % at its peak: a larger batch"),
        (host_totals(gpu_totals(temperature_peak_c=91)), "GPU 0 91 C at its peak: it may have slowed down"),
        (host_totals(memory_peak_mib=16000), "memory of the host at 98 % at its peak"),
        (host_totals(disk_least_free_gb=2), "disk nearly full: 2 of 128 GB were free"),
        (
            host_totals(gpu_totals(busy_percent=10.0, idle_s=5760), gpus_idle_s=5760, cpu_cores=0.1),
            "the GPU was idle 80 % of the time: 1 h 36 min, 1.61 USD",
        ),
        (
            host_totals(gpu_totals(), gpu_totals(index=1, busy_percent=0.0, idle_s=7200)),
            "GPU 1 unused while others worked: 1 of 2",
        ),
    ],
)
def test_a_hint_says_the_numbers_that_it_follows_from(totals: Totals, says: str) -> None:
    """Each reason has one hint, with its numbers."""
    (told,) = hints(totals, lambda: 1.006)
    assert told.startswith(says)


@pytest.mark.parametrize(
    "totals",
    [
        host_totals(WAITS, cpu_cores=2.2),  # neither one thread nor all
        host_totals(WAITS, cpu_cores=1.0, cpus=1),  # one core full is all there is: told as such, see below
        host_totals(gpu_totals(busy_percent=None, known_s=0), cpu_cores=1.0),  # MIG: load unknown
        host_totals(gpu_totals(busy_percent=2.0), cpu_cores=1.0),  # not in use: nothing waits
        host_totals(gpu_totals(memory_peak_mib=None, temperature_peak_c=None)),
        host_totals(gpu_totals(memory_mib=None)),
        host_totals(gpu_totals(memory_peak_mib=22600), seconds=60.0),  # too short to tell
    ],
)
def test_numbers_that_carry_no_hint_get_none(totals: Totals) -> None:
    """What is not known, too short, or neither here nor there is not talked about."""
    assert [one for one in hints(totals, lambda: 1.0) if "all 1 CPU" not in one] == []


def test_a_price_that_nobody_knows_is_not_told() -> None:
    """Idle time is told without money rather than with a guess."""
    idle = host_totals(gpu_totals(busy_percent=0.0, idle_s=7200), gpus_idle_s=7200, cpu_cores=0.0)
    assert list(hints(idle, lambda: None)) == ["the GPU was idle 100 % of the time: 2 h"]


def test_several_idle_gpus_are_told_together() -> None:
    """Idle is a host whose GPUs all are; that is told once."""
    gpus = [gpu_totals(index=n, busy_percent=0.0, idle_s=7200) for n in range(8)]
    (told,) = hints(host_totals(*gpus, gpus_idle_s=7200, cpu_cores=0.0), lambda: 55.04)
    assert told == "all GPUs were idle 100 % of the time: 2 h, 110.08 USD"
