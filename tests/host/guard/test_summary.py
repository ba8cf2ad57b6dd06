"""What samples come to: each counts as long as the time that it stands for."""

from typing import Any

import pytest

from gpuinfra.host.guard.gpu import Gpu
from gpuinfra.host.guard.sample import Sample
from gpuinfra.host.guard.summary import series, summarize


def gpu(busy: float | None, *, index: int = 0, used: float | None = 1000) -> Gpu:
    """Return a GPU of 16,000 MiB."""
    return Gpu(index=index, busy_percent=busy, memory_used_mib=used, memory_mib=16000, temperature_c=40)


def sample(*gpus: Gpu, time: float = 1.8e9, seconds: float = 20, known: bool = True, **more: Any) -> Sample:
    """Return a sample."""
    values: dict[str, Any] = {
        "cpu_cores": 1.0, "cpus": 4, "memory_used_mib": 500, "memory_mib": 8000, "disk_free_gb": 30.0,
        "disk_gb": 100.0, "received_bytes_s": 10.0, "sent_bytes_s": 1.0, **more,
    }  # fmt: skip
    return Sample(time=time, seconds=seconds, gpus=gpus if known else None, **values)


def test_an_average_is_over_time_not_over_samples() -> None:
    """Half an hour at 0 % and 20 s at 100 % is nearly nothing; the peak is the highest sample."""
    found = summarize([sample(gpu(0), seconds=1800), sample(gpu(100), seconds=20, cpu_cores=3.5)])
    (one,) = found["gpus"]
    assert one["busy_percent"] == pytest.approx(1.1, abs=0.01)
    assert (one["busy_peak_percent"], one["idle_s"], one["known_s"]) == (100, 1800, 1820)
    assert found["seconds"] == 1820
    assert (found["cpu_peak_cores"], found["cpu_cores"]) == (3.5, pytest.approx(1.027, abs=0.001))


def test_peaks_and_least_are_the_ones_that_matter() -> None:
    """Memory and temperature at their highest, the disk at its fullest."""
    found = summarize(
        [
            sample(gpu(5, used=15000), memory_used_mib=7000, disk_free_gb=2.0, sent_bytes_s=900.0),
            sample(gpu(5, used=100)),
        ]
    )
    assert found["gpus"][0]["memory_peak_mib"] == 15000
    assert (found["memory_peak_mib"], found["disk_least_free_gb"]) == (7000, 2.0)
    assert (found["sent_peak_bytes_s"], found["sent_bytes_s"]) == (900, pytest.approx(450.5))


def test_all_gpus_are_idle_only_when_each_is_known_to_be() -> None:
    """A GPU that works, or whose load nobody knows, keeps the time from counting as idle."""
    found = summarize(
        [
            sample(gpu(0), gpu(0, index=1)),
            sample(gpu(0), gpu(90, index=1)),
            sample(gpu(0), gpu(None, index=1)),
            sample(known=False),
            sample(),
        ]
    )
    assert found["gpus_idle_s"] == 20
    assert [one["idle_s"] for one in found["gpus"]] == [60, 20]
    assert [one["known_s"] for one in found["gpus"]] == [60, 40]


def test_without_any_load_there_is_no_average() -> None:
    """MIG, a CPU host, GPUs that could not be read: unknown, not 0."""
    (one,) = summarize([sample(gpu(None, used=None))])["gpus"]
    assert (one["busy_percent"], one["busy_peak_percent"], one["memory_peak_mib"]) == (None, None, None)
    assert summarize([sample(known=False), sample()])["gpus"] == []


def test_a_series_has_as_many_points_as_asked_for_in_their_order() -> None:
    """Each is the average of an equal part of the time; where nothing was there is no point."""
    seen = [sample(gpu(n % 2 * 100), time=1.8e9 + n) for n in range(100)]
    shorter = series(seen, 10)
    assert [one.time - 1.8e9 for one in shorter] == sorted(one.time - 1.8e9 for one in shorter)
    assert len(shorter) == 10
    assert [one.gpus[0].busy_percent for one in shorter if one.gpus] == pytest.approx([50] * 10, abs=5)
    assert len(series([seen[0], seen[1], seen[99]], 10)) == 2
    assert [one.time for one in series([seen[0]], 10)] == [1.8e9]
    assert series([], 10) == []
