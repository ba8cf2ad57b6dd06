"""What of a lease had been used when we last looked, in a file of the stack (0600): prices change later.

Without it, a price that falls today would make cheaper what was paid yesterday, and the lease too long.
Lost, or of another machine, it is left out: then all counts at the prices of now.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from gpuinfra.features.money.rates import Span
from gpuinfra.ground.protocols import StackFiles
from gpuinfra.tools.files import write_private

FILE = "lease.json"


@dataclass(frozen=True, kw_only=True)
class LeaseAccount:
    """What a host had cost by a time, USD, and its prices then.

    at: seconds since 1970, by AWS's clock. usd_h: by type and state, of the types that it might run on.
    """

    instance_id: str
    at: float
    used: float
    usd_h: Mapping[str, Mapping[str, float]]

    def price(self, span: Span) -> float:
        """Return the price then of what a time was, USD an hour; 0 where it was not known."""
        return self.usd_h.get(span.instance_type, {}).get(span.state, 0.0)


def read(files: StackFiles, instance_id: str) -> LeaseAccount | None:
    """Return what was kept of a host; None for none, or a damaged one."""
    with suppress(OSError, ValueError, TypeError, AttributeError):
        kept = LeaseAccount(**json.loads(_path(files).read_text(encoding="utf-8")))
        prices = [price for states in kept.usd_h.values() for price in states.values()]
        is_whole = all(isinstance(it, int | float) for it in (kept.at, kept.used, *prices))
        return kept if is_whole and kept.instance_id == instance_id else None
    return None


def write(files: StackFiles, account: LeaseAccount) -> None:
    """Keep it; a full disk stops no command."""
    with suppress(OSError):
        write_private(_path(files), json.dumps(asdict(account)).encode())


def _path(files: StackFiles) -> Path:
    return files.plan_file.parent / FILE
