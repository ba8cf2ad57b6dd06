"""On the host: what the guard asks of its host, and does to it: metadata, terminals, events, the end."""

from __future__ import annotations

import subprocess
import sys

from gpuinfra.host import settings
from gpuinfra.host.guard import ending, events, warn
from gpuinfra.host.guard.limits import TAG

END = "end"  # the decision that ends the host


class Actions:
    """What the guard asks of its host, and does to it."""

    def tag(self) -> str:
        """Return the limits as the tag has them; empty when nothing answers."""
        return settings.tag(TAG)

    def start_time(self) -> str:
        """Return when EC2 has started this host; empty when nothing tells."""
        return settings.start_time()

    def tell(self, words: str) -> None:
        """Write on all terminals."""
        warn.tell(words)

    def record(self, kind: str, words: str) -> None:
        """Keep an event of this host; its end is told by the ending."""
        sys.stderr.write(f"{kind}: {words}\n")
        if kind != END:
            events.record(f"guard: {kind}", by="guard", reason=words)

    def end(self, why: str) -> None:
        """Run on_stop and the saves once, then power off; what that means is the instance's own setting."""
        ending.end(reason=why, by="guard", action="poweroff")

    def force_off(self) -> None:
        """Power off the hard way."""
        subprocess.run(["systemctl", "--force", "poweroff"], check=False)
