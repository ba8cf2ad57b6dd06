"""The ring of samples: what it keeps, and what a power cut, a full disk or a stranger's file cost."""

import stat
from pathlib import Path

import pytest

from gpuinfra.host.guard import samples
from gpuinfra.host.guard.gpu import Gpu
from gpuinfra.host.guard.sample import Sample, average
from gpuinfra.host.guard.samples import History, Ring


def gpu(busy: float | None = 50, *, index: int = 0, used: float | None = 1600) -> Gpu:
    """Return a GPU of 16,000 MiB."""
    return Gpu(index=index, busy_percent=busy, memory_used_mib=used, memory_mib=16000, temperature_c=40)


def sample(time: float = 1.8e9, *gpus: Gpu, cores: float = 1.5, known: bool = True) -> Sample:
    """Return a sample."""
    return Sample(
        time=time,
        seconds=20.0,
        gpus=list(gpus) if known else None,
        cpu_cores=cores,
        cpus=8,
        memory_used_mib=2000,
        memory_mib=32000,
        disk_free_gb=40.5,
        disk_gb=100.0,
        received_bytes_s=1000.0,
        sent_bytes_s=2.5e9,
    )


def test_what_was_added_is_read_as_it_was(tmp_path: Path) -> None:
    """Every value comes back, also those that are not known, and a host without GPUs."""
    ring = Ring(f"{tmp_path}/ring", 10)
    added = [
        sample(1.8e9, gpu(0), gpu(100, index=1, used=15984)),
        sample(1.8e9 + 20, gpu(None, used=None)),
        sample(1.8e9 + 40),
        sample(1.8e9 + 60, known=False),
    ]
    for one in added:
        ring.add(one)
    read = Ring(f"{tmp_path}/ring", 10).read()
    assert [one.values() for one in read] == [one.values() for one in added]


def test_the_newest_are_kept_and_the_file_does_not_grow(tmp_path: Path) -> None:
    """It is a ring: as many as it is for, in their order, in a file that anybody may read."""
    ring, file = Ring(f"{tmp_path}/deep/ring", 5), tmp_path / "deep/ring"
    sizes = set()
    for n in range(12):
        ring.add(sample(1.8e9 + n))
        sizes.add(file.stat().st_size)
    assert [one.time - 1.8e9 for one in ring.read()] == [7, 8, 9, 10, 11]
    assert [one.time - 1.8e9 for one in ring.read(1.8e9 + 10)] == [10, 11]
    assert len(sizes) == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    """The guard that starts anew overwrites the oldest, not the newest."""
    for n in range(8):
        Ring(f"{tmp_path}/ring", 5).add(sample(1.8e9 + n))
    assert [one.time - 1.8e9 for one in Ring(f"{tmp_path}/ring", 5).read()] == [3, 4, 5, 6, 7]


def test_a_power_cut_costs_one_record(tmp_path: Path) -> None:
    """A record that was half written is left out; those around it are read, and the next one is kept."""
    ring, file = Ring(f"{tmp_path}/ring", 5), tmp_path / "ring"
    for n in range(4):
        ring.add(sample(1.8e9 + n, gpu()))
    data = bytearray(file.read_bytes())
    at = len(samples.HEADER) + 3 * samples.RECORD_BYTES
    data[at + 30 : at + samples.RECORD_BYTES] = bytes(samples.RECORD_BYTES - 30)
    file.write_bytes(data)
    again = Ring(f"{tmp_path}/ring", 5)
    assert [one.time - 1.8e9 for one in again.read()] == [0, 1, 3]
    again.add(sample(1.8e9 + 9))
    assert [one.time - 1.8e9 for one in again.read()][-1] == 9


@pytest.mark.parametrize("content", [b"", b"another file", b"\0" * 10_000])
def test_a_file_that_is_none_of_ours_is_made_anew(tmp_path: Path, content: bytes) -> None:
    """Of an older version, of another size, or damaged: it has no samples, and is replaced."""
    file = tmp_path / "ring"
    file.write_bytes(content)
    ring = Ring(str(file), 5)
    assert ring.read() == []
    ring.add(sample())
    assert len(ring.read()) == 1


def test_a_clock_that_was_set_back_loses_nothing(tmp_path: Path) -> None:
    """The order is that of writing, whatever the clock said."""
    ring = Ring(f"{tmp_path}/ring", 3)
    for time in (1.8e9, 1.8e9 + 20, 1.7e9, 1.7e9 + 20):
        ring.add(sample(time))
    assert [one.time for one in ring.read()] == [1.8e9 + 20, 1.7e9, 1.7e9 + 20]


def test_a_full_disk_is_told_once_and_goes_on(tmp_path: Path) -> None:
    """What cannot be written costs a sample, not the guard; when there is room again, samples are kept."""
    told: list[str] = []
    folder = tmp_path / "full"
    folder.write_text("in the way")  # no directory can be made here, as on a disk that has no room
    ring = Ring(f"{folder}/ring", 5, told.append)
    for n in range(3):
        ring.add(sample(1.8e9 + n))
    assert len(told) == 1
    assert "samples are not kept" in told[0]
    folder.unlink()
    ring.add(sample(1.8e9 + 9))
    assert [one.time - 1.8e9 for one in ring.read()] == [9]


def test_a_ring_that_is_full_needs_no_more_room(tmp_path: Path) -> None:
    """Made at its full size at once: a disk that fills up later takes no sample away."""
    ring, file = Ring(f"{tmp_path}/ring", 5), tmp_path / "ring"
    ring.add(sample())
    blocks = file.stat().st_blocks
    for n in range(10):
        ring.add(sample(1.8e9 + n))
    assert file.stat().st_blocks == blocks


def test_a_month_is_kept_as_averages(tmp_path: Path) -> None:
    """What is older than a day is known by the half hour: average load, highest memory and temperature."""
    history = History(str(tmp_path))
    step = 600
    for n in range(samples.DAY_SIZE + 300):
        history.add(sample(1.8e9 + n * step, gpu(0 if n % 2 else 100, used=1600 if n else 8000)))
    read = history.read()
    times = [one.time for one in read]
    assert times == sorted(times)
    assert len(read) > samples.DAY_SIZE
    first = read[0].gpus
    assert first
    assert (first[0].busy_percent, first[0].memory_used_mib) == (50, 8000)
    size = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert size < 1_000_000


def test_an_average_of_what_is_not_known_is_unknown() -> None:
    """A time in which no GPU could be read has no load, not the load 0."""
    assert average([sample(known=False), sample(known=False)]).gpus is None
    (one,) = average([sample(1.8e9, gpu(None, used=None)), sample(known=False)]).gpus or []
    assert (one.busy_percent, one.memory_used_mib) == (None, None)
    (one,) = average([sample(1.8e9, gpu(80)), sample(known=False), sample(1.8e9, gpu(40))]).gpus or []
    assert one.busy_percent == 60
