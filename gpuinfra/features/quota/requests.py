"""What AWS was asked for: requests for a higher quota, as a table and as plain values. Pure."""

from dataclasses import asdict, dataclass
from datetime import datetime

from gpuinfra.features.quota.sums import vcpus_text
from gpuinfra.ground import when
from gpuinfra.ground.quota import QuotaRequest
from gpuinfra.ground.quota_codes import CODES
from gpuinfra.ground.text import table

HEAD = ("asked", "family", "market", "vCPUs", "status", "case")
FAMILIES = {code: pair for pair, code in CODES.items()}


@dataclass(frozen=True, kw_only=True)
class QuotaHistory:
    """What was asked for, the newest first."""

    requests: tuple[QuotaRequest, ...]

    def text(self, now: datetime) -> str:
        """Return it as a table, times by the clock of `now`; empty where nothing was asked for."""
        rows = [
            (when.local(it.made, now), *family(it), vcpus_text(it.vcpus), it.status, it.case or "-")
            for it in self.requests
        ]
        return table([HEAD, *rows]) if rows else ""

    def plain(self) -> list[dict[str, object]]:
        """Return it as plain values."""
        return [plain(it) for it in self.requests]


def plain(one: QuotaRequest) -> dict[str, object]:
    """Return a request as plain values."""
    of, market = family(one)
    return {**asdict(one), "family": of, "market": market, "is_open": one.is_open}


def family(one: QuotaRequest) -> tuple[str, str]:
    """Return the family and the market that a request is about; its code where it is none of ours."""
    return FAMILIES.get(one.code, (one.code, "-"))
