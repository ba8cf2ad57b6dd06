"""On the host: samples of its use, kept in files of a fixed size that hold the newest ones.

Only the guard writes; who reads needs no right (0644). A record carries its number and a checksum: a power
cut costs the record that was just being written, and a reader beside the writer skips a half one.
"""

from __future__ import annotations

import os
import struct
import zlib

from gpuinfra.host.guard.gpu import Gpu
from gpuinfra.host.guard.sample import Sample, average

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = "/var/lib/gpuinfra/usage"
DAY, DAY_SIZE = "day", 4320  # 24 h at one per 20 s: 0.7 MB
MONTH, MONTH_SIZE, MONTH_STEP_S = "month", 1440, 1800  # 30 days at one per half hour: 0.2 MB
MOST_GPUS = 16  # of any instance type
HEADER = b"gpuinfra usage 1\n".ljust(32, b"\0")
# number, time, seconds, CPU cores busy and there, memory used and there (MiB), disk free and there (GB),
# network bytes a second in and out, count of GPUs
PLAIN = struct.Struct("<IdffHIIffffB")
GPU = struct.Struct("<BBHH")  # load, temperature, memory used and there in units of 16 MiB
MEMORY_UNIT_MIB = 16
UNKNOWN_BYTE, UNKNOWN_WORD = 0xFF, 0xFFFF
CHECKSUM = struct.Struct("<I")
RECORD_BYTES = PLAIN.size + MOST_GPUS * GPU.size + CHECKSUM.size


class Ring:
    """The newest `size` samples in a file; what goes wrong is told once, and tried again at the next one."""

    def __init__(self, path: str, size: int = DAY_SIZE, tell: Callable[[str], None] = lambda _: None) -> None:
        self._path, self._size, self._tell = path, size, tell
        self._next = 0  # 0: the file has not been looked at
        self._is_told = False

    def add(self, sample: Sample) -> None:
        """Keep a sample; never raises: a full disk must not end who counts."""
        try:
            self._write(sample)
            self._is_told = False
        except (OSError, OverflowError, struct.error) as error:
            self._next = 0
            if not self._is_told:
                self._tell(f"samples are not kept in {self._path}: {error}")
            self._is_told = True

    def read(self, since: float = 0.0) -> list[Sample]:
        """Return the samples from a time on, as they came; none where there is no file."""
        numbered = sorted(self._records(), key=lambda one: one[0])
        return [sample for _, sample in numbered if sample.time >= since]

    def _write(self, sample: Sample) -> None:
        if not self._next:
            self._next = 1 + max((number for number, _ in self._records()), default=0)
        if not self._is_whole():
            self._create()
        file = os.open(self._path, os.O_WRONLY)
        try:
            os.pwrite(file, _pack(self._next, sample), self._place(self._next))
            os.fdatasync(file)
        finally:
            os.close(file)
        self._next += 1

    def _is_whole(self) -> bool:
        try:
            with open(self._path, "rb") as file:
                return file.read(len(HEADER)) == HEADER and os.fstat(file.fileno()).st_size == self._bytes
        except FileNotFoundError:
            return False

    @property
    def _bytes(self) -> int:
        return len(HEADER) + self._size * RECORD_BYTES

    def _place(self, number: int) -> int:
        return len(HEADER) + number % self._size * RECORD_BYTES

    def _create(self) -> None:
        """Make it at its full size at once: later no write needs space that a full disk has not."""
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        new = f"{self._path}.new"
        with open(new, "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(HEADER.ljust(self._bytes, b"\0"))
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._path)

    def _records(self) -> Iterator[tuple[int, Sample]]:
        """Yield what is whole; a file of another version or size has nothing."""
        try:
            with open(self._path, "rb") as file:
                data = file.read(self._bytes + 1)
        except FileNotFoundError:
            return
        if len(data) == self._bytes and data.startswith(HEADER):
            for at in range(len(HEADER), len(data), RECORD_BYTES):
                record = data[at : at + RECORD_BYTES]
                if record[:4] != bytes(4) and zlib.crc32(record[:-4]) == CHECKSUM.unpack(record[-4:])[0]:
                    yield _unpack(record)


class History:
    """A day of samples, and a month of their averages."""

    def __init__(self, folder: str = "", tell: Callable[[str], None] = lambda _: None) -> None:
        folder = folder or os.environ.get("GPUINFRA_USAGE") or FOLDER
        self._day = Ring(f"{folder}/{DAY}", DAY_SIZE, tell)
        self._month = Ring(f"{folder}/{MONTH}", MONTH_SIZE, tell)
        self._since_step: list[Sample] = []

    def add(self, sample: Sample) -> None:
        """Keep a sample, and every half hour the average of that time; never raises."""
        self._day.add(sample)
        self._since_step.append(sample)
        # a clock that was set back must not end the averages
        if abs(sample.time - self._since_step[0].time) >= MONTH_STEP_S:
            self._month.add(average(self._since_step))
            self._since_step.clear()

    def read(self, since: float = 0.0) -> list[Sample]:
        """Return what is known from a time on: averages of what is older than a day, then the samples."""
        recent = self._day.read(since)
        older = self._month.read(since)
        return [one for one in older if not recent or one.time < recent[0].time] + recent


def _pack(number: int, sample: Sample) -> bytes:
    gpus = (sample.gpus or [])[:MOST_GPUS]
    plain = PLAIN.pack(
        number & 0xFFFFFFFF,
        sample.time,
        sample.seconds,
        sample.cpu_cores,
        sample.cpus,
        sample.memory_used_mib,
        sample.memory_mib,
        sample.disk_free_gb,
        sample.disk_gb,
        sample.received_bytes_s,
        sample.sent_bytes_s,
        UNKNOWN_BYTE if sample.gpus is None else len(gpus),
    )
    packed = plain + b"".join(map(_pack_gpu, gpus)) + bytes(GPU.size * (MOST_GPUS - len(gpus)))
    return packed + CHECKSUM.pack(zlib.crc32(packed))


def _pack_gpu(gpu: Gpu) -> bytes:
    return GPU.pack(
        _coded(gpu.busy_percent, UNKNOWN_BYTE),
        _coded(gpu.temperature_c, UNKNOWN_BYTE),
        _coded(gpu.memory_used_mib, UNKNOWN_WORD, MEMORY_UNIT_MIB),
        _coded(gpu.memory_mib, UNKNOWN_WORD, MEMORY_UNIT_MIB),
    )


def _coded(value: float | None, unknown: int, unit: int = 1) -> int:
    return unknown if value is None else min(unknown - 1, round(value / unit))


def _decoded(code: int, unknown: int, unit: int = 1) -> int | None:
    return None if code == unknown else code * unit


def _unpack(record: bytes) -> tuple[int, Sample]:
    number, time, seconds, cores, cpus, used, memory, free, disk, received, sent, count = PLAIN.unpack_from(
        record
    )
    gpus = [_unpack_gpu(record, index) for index in range(0 if count == UNKNOWN_BYTE else count)]
    return number, Sample(
        time=time,
        seconds=round(seconds, 1),
        gpus=None if count == UNKNOWN_BYTE else gpus,
        cpu_cores=round(cores, 3),
        cpus=cpus,
        memory_used_mib=used,
        memory_mib=memory,
        disk_free_gb=round(free, 1),
        disk_gb=round(disk, 1),
        received_bytes_s=round(received, 1),
        sent_bytes_s=round(sent, 1),
    )


def _unpack_gpu(record: bytes, index: int) -> Gpu:
    busy, temperature, used, memory = GPU.unpack_from(record, PLAIN.size + index * GPU.size)
    return Gpu(
        index=index,
        busy_percent=_decoded(busy, UNKNOWN_BYTE),
        temperature_c=_decoded(temperature, UNKNOWN_BYTE),
        memory_used_mib=_decoded(used, UNKNOWN_WORD, MEMORY_UNIT_MIB),
        memory_mib=_decoded(memory, UNKNOWN_WORD, MEMORY_UNIT_MIB),
    )
