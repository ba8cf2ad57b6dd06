"""On the host: the guard's limits, as terraform.tfvars gives them and the tag gpuinfra:guard carries them.

idle=60 warn=10 max=24 off=20-08@Europe/Berlin    or: off
"""

from __future__ import annotations

import os
import time

TAG = "gpuinfra:guard"
DEFAULT = "idle=60 warn=10"
OFF = "off"
ZONES = "/usr/share/zoneinfo"


class Limits:
    """When the guard ends the host; 0 or an empty text: that limit is not set."""

    def __init__(self, text: str = DEFAULT) -> None:
        """Read a tag.

        Raises:
            ValueError: it is none of ours.
        """
        words = dict(word.split("=", 1) for word in text.split()) if text != OFF else {}
        self.text = text
        self.idle_minutes = float(words.pop("idle", 0))
        self.max_hours = float(words.pop("max", 0))
        self.warn_minutes = float(words.pop("warn", 10))
        self.off_hours, _, self.zone = words.pop("off", "").partition("@")
        if self.off_hours:
            self._from, self._to = (int(hour) for hour in self.off_hours.split("-"))
        if words or not text:
            raise ValueError(f"{text!r} is no setting of the guard")
        if self.idle_minutes:
            self.warn_minutes = min(self.warn_minutes, self.idle_minutes / 2)

    def is_off_hour(self, now_s: float) -> bool:
        """Tell whether nobody is expected at this hour; by UTC where the zone is not known."""
        if not self.off_hours:
            return False
        if self.zone and os.path.isfile(f"{ZONES}/{self.zone}"):
            os.environ["TZ"] = self.zone
            time.tzset()
            hour = time.localtime(now_s).tm_hour
        else:
            hour = time.gmtime(now_s).tm_hour
        if self._from < self._to:
            return self._from <= hour < self._to
        return hour >= self._from or hour < self._to
