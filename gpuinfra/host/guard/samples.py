"""On the host: samples of its use, kept in files of a fixed size that hold the newest ones.

Only the guard writes; who reads needs no right (0644). A record carries its number and a checksum: a power
cut costs the record that was just being written, and a reader beside the writer skips a half one.
"""

from __future__ import annotations

import os
import struct

from gpuinfra.host.guard.record import RECORD_BYTES, pack, unpack
from gpuinfra.host.guard.sample import average

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gpuinfra.host.guard.sample import Sample

FOLDER = "/var/lib/gpuinfra/usage"
DAY, DAY_SIZE = "day", 4320  # 24 h at one per 20 s: 0.7 MB
MONTH, MONTH_SIZE, MONTH_STEP_S = "month", 1440, 1800  # 30 days at one per half hour: 0.2 MB
HEADER = b"gpuinfra usage 1\n".ljust(32, b"\0")


class Ring:
    """The newest `size` samples in a file; what goes wrong is told once, and tried again at the next one."""

    def __init__(self, path: str, size: int = DAY_SIZE, tell: Callable[[str], None] = lambda _: None) -> None:
        self._path, self._size, self._tell = path, size, tell
        self._next = 0  # the file has not been looked at
        self._told = ""

    def add(self, sample: Sample) -> None:
        """Keep a sample; never raises: a full disk must not end who counts."""
        try:
            self._write(sample)
            self._told = ""
        except (OSError, OverflowError, struct.error) as error:
            self._next = 0
            if not self._told:
                self._told = f"samples are not kept in {self._path}: {error}"
                self._tell(self._told)

    def read(self, since: float = 0.0) -> list[Sample]:
        """Return the samples from a time on, as they came; none where there is no file."""
        records = sorted(self._records(), key=lambda one: one[0])
        return [sample for _, sample in records if sample.time >= since]

    def _write(self, sample: Sample) -> None:
        if not self._next:
            self._next = 1 + max((number for number, _ in self._records()), default=0)
        if not self._is_whole():
            self._create()
        file = os.open(self._path, os.O_WRONLY)
        try:
            place = len(HEADER) + self._next % self._size * RECORD_BYTES
            os.pwrite(file, pack(self._next, sample), place)
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
                if numbered := unpack(data[at : at + RECORD_BYTES]):
                    yield numbered


class History:
    """A day of samples, and a month of their averages."""

    def __init__(
        self, folder: str = "", tell: Callable[[str], None] = lambda _: None, *, day_size: int = DAY_SIZE
    ) -> None:
        folder = folder or os.environ.get("GPUINFRA_USAGE") or FOLDER
        self._day = Ring(f"{folder}/{DAY}", day_size, tell)
        self._month = Ring(f"{folder}/{MONTH}", MONTH_SIZE, tell)
        self._pending: list[Sample] | None = None  # what no average has yet; None: not looked for

    def add(self, sample: Sample) -> None:
        """Keep a sample, and every half hour the average of the time before; never raises."""
        if self._pending is None:
            self._pending = self._left()
        self._day.add(sample)
        # a clock that was set back must not end the averages
        if self._pending and abs(sample.time - self._pending[0].time) >= MONTH_STEP_S:
            self._month.add(average(self._pending))
            self._pending.clear()
        self._pending.append(sample)

    def _left(self) -> list[Sample]:
        """Return the samples that were kept before a restart and have come into no average."""
        try:
            last = max((sample.time for sample in self._month.read()), default=0.0)
            return [sample for sample in self._day.read(last) if sample.time > last]
        except OSError:
            return []

    def read(self, since: float = 0.0) -> list[Sample]:
        """Return what is known from a time on: averages of what is older than a day, then the samples."""
        recent = self._day.read(since)
        older = self._month.read(since)
        return [one for one in older if not recent or one.time < recent[0].time] + recent
