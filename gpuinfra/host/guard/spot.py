"""On the host: looks for EC2's interruption notice and for a drill; what they ask for is done elsewhere.

A thread of the guard. EC2 gives the notice two minutes before the end, best effort, and asks to look every
5 s (EC2 user guide, "Spot Instance interruption notices"). A service that does not answer is no notice: that
is told once, and the host goes on.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress

from gpuinfra.host.guard import block_end, kept
from gpuinfra.host.guard.metadata import Metadata
from gpuinfra.host.guard.watcher import Watcher, begin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

POLL_S = 1.0  # for a drill: one file
POLLS_A_LOOK = 5  # at the metadata
SILENT_LOOKS = 6  # in a row
DRILL = "drill-asked.json"
NOTICE, REBALANCE = "spot/instance-action", "events/recommendations/rebalance"


class NoticeWatcher(Watcher):
    """Looks once a call of `look`, and begins what is to be done, each thing once."""

    STATE = "spot.json"
    _silent = 0

    def look(self) -> None:
        """Look for a drill, and each fifth time at the metadata."""
        self._look_for_drill()
        if self._looks % POLLS_A_LOOK == 0:
            self._look_at_metadata()
            if self.info.get("spot"):
                self._finished.tell()
        self._looks += 1

    def _look_for_drill(self) -> None:
        asked = kept.load(f"{self._run}/{DRILL}")
        drill, notice_s = str(asked.get("id", "")), asked.get("notice_s")
        if drill and isinstance(notice_s, (int, float)) and self._is_new("drill", drill):
            seen_s = time.time() - float(asked.get("at", time.time()))
            self._begin("gpuinfra-drill", ("drilled", drill, str(notice_s), f"{seen_s:.1f}"))

    def _look_at_metadata(self) -> None:
        try:
            if "spot" not in self.info:
                self._note(spot=self._ask("instance-life-cycle") == "spot")
            if not self.info["spot"]:
                return
            notice, rebalance = self._ask(NOTICE), self._ask(REBALANCE)
        except OSError as error:
            self._hear_nothing(error)
            return
        if self._silent >= SILENT_LOOKS:
            self._record("metadata", by="gpuinfra", text="the metadata service answers again")
        self._silent = 0
        if notice and self._is_new("notice", notice):
            self._interrupted(notice)
        if rebalance and self._is_new("rebalance", rebalance):
            self._begin("gpuinfra-rebalance", ("rebalance",))

    def _interrupted(self, notice: str) -> None:
        """Begin the ending; a notice that cannot be read is one, too."""
        said: Any = {}
        with suppress(ValueError):
            said = json.loads(notice)
        said = said if isinstance(said, dict) else {}
        words = (str(said.get("action", "terminate")), str(said.get("time", "")))
        self._begin("gpuinfra-interruption", ("interrupted", *words))

    def _hear_nothing(self, error: OSError) -> None:
        self._silent += 1
        if self._silent == SILENT_LOOKS:
            words = (
                f"the metadata service does not answer ({error}): an interruption notice would not be seen"
            )
            self._record("metadata", by="gpuinfra", text=words)


def watch() -> None:
    """Look for ever: at the block's end as well, which comes by a tag."""
    ask = Metadata().get
    looks, told = (
        (NoticeWatcher(ask=ask, begin=begin).look, block_end.BlockEnd(ask=ask, begin=begin).look),
        "",
    )
    while True:
        for look in looks:
            try:
                look()
            except Exception as error:  # whatever it is, the next look may find a notice
                if (words := f"{type(error).__name__}: {error}") != told:
                    sys.stderr.write(f"looking for a notice: {words}\n")
                    told = words
        time.sleep(POLL_S)
