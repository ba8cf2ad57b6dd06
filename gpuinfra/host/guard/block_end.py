"""On the host: the end of its Capacity Block. EC2 terminates the host then, so it ends in order before.

EC2 says nothing of it in the metadata. `gpuinfra up` puts the block's end on the instance as a tag, which is
read here again and again: an end that was moved acts within a minute. It has nothing to do with the limits
of the guard: `guard off` does not switch it off.

EC2 begins to terminate 30 minutes before the block's end (EC2 user guide, "Capacity Blocks for ML"). on_stop
and the saves have the LEAD_S before that. The host is not powered off: the rest of the time is the user's.
"""

from __future__ import annotations

import calendar
import time

from gpuinfra.host.guard import ending, events, kept, warn
from gpuinfra.host.guard.watcher import Watcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gpuinfra.host.guard.process_group import Tell

BY = "EC2"
TAG = "tags/instance/gpuinfra:block-ends"
FORMAT = "%Y-%m-%dT%H:%M:%SZ"
EC2_S = 1800.0  # before the block's end
LEAD_S = 300.0  # before EC2's time: gpuinfra/ground/reservation.py has the same
WARN_S = 900.0  # before that
RESERVE_S = 10.0  # before EC2's time
LEAST_S = 20.0  # for one that comes late: after a reboot, say
LOOKS_A_TELL = 5  # which jobs of --restart have ended: the next host must not begin them again
LOOKS_A_READ = 60  # one a second: a changed tag acts within a minute


class BlockEnd(Watcher):
    """When the block ends, as the tag said last, and what was done for it since the boot."""

    STATE = "block.json"

    def __init__(
        self,
        *,
        ask: Callable[[str], str],
        begin: Callable[[str, Sequence[str]], None],
        record: Callable[..., object] = events.record,
        tell: Callable[[str], object] = warn.tell,
        disk: str = kept.DISK,
        run: str = kept.RUN,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(ask=ask, begin=begin, record=record, disk=disk, run=run)
        self._tell, self._now, self._disk = tell, now, f"{disk}/{self.STATE}"
        self.info = self.info or {"ends": kept.load(self._disk).get("ends", "")}

    def look(self) -> None:
        """Read the tag, now and then; warn, or begin the ending, when its time has come."""
        if self._looks % LOOKS_A_READ == 0:
            self._read()
        self._looks += 1
        end = seconds(self.info.get("ends"))
        if end is not None and self._looks % LOOKS_A_TELL == 0:
            self._finished.tell()
        if end is None or self._now() >= end:  # a block that was extended, and the host not told: it goes on
            return
        left_s = end - EC2_S - LEAD_S - self._now()
        if left_s <= 0:
            if self._is_new("begun", self.info["ends"]):
                self._begin("gpuinfra-block-end", ("block-ends", self.info["ends"]))
        elif left_s <= WARN_S and self._is_new("warned", self.info["ends"]):
            self._warn(end, left_s)

    def _read(self) -> None:
        """Take a changed tag; where the metadata service is silent, the last one holds."""
        try:
            text = self._ask(TAG)
        except OSError:
            return
        if text == self.info.get("ends", ""):
            return
        if text and seconds(text) is None:
            if self.info.get("refused") != text:
                self._note(refused=text)
                self._record(
                    "block end", by="gpuinfra", text=f"{text!r} is no time: it is not the block's end"
                )
            return
        self._note(ends=text)
        kept.store(self._disk, {"ends": text})
        words = f"the Capacity Block ends {text}" if text else "no Capacity Block ends this host"
        self._record("block end", by="gpuinfra", text=words)

    def _warn(self, end: float, left_s: float) -> None:
        ec2 = time.strftime("%H:%M UTC", time.gmtime(end - EC2_S))
        words = f"its Capacity Block ends: EC2 terminates this host, with its disk, from {ec2} on"
        self._tell(f"\agpuinfra: {words}; on_stop and the saves run in {left_s / 60:.0f} min")
        self._record("warning", by=BY, text=words)


def ends(at: str, tell: Tell) -> None:
    """Run on_stop and the saves; EC2 itself then ends the host."""
    ending.end(
        reason=f"ended with its Capacity Block, which ends {at}",
        by=BY, action="none", deadline_s=left_s(at), tell=tell,
    )  # fmt: skip


def left_s(at: str, now: float | None = None) -> float:
    """Return how long on_stop and the saves may take."""
    end = seconds(at)
    left = LEAD_S if end is None else end - EC2_S - (time.time() if now is None else now)
    return max(LEAST_S, min(left, LEAD_S) - RESERVE_S)


def seconds(at: object) -> float | None:
    """Return a time of ISO 8601 in UTC as seconds since 1970; None for what is none."""
    try:
        return float(calendar.timegm(time.strptime(str(at), FORMAT)))
    except ValueError:
        return None
