"""`quota show`: limit, in use and free by family and market; the stack's own first. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from gpuinfra.features.quota.sums import QuotaSum, vcpus_text
from gpuinfra.ground.pool import ON_DEMAND, SPOT, Pool
from gpuinfra.ground.text import table

HEAD = ("family", "market", "limit", "in use", "free", "one host needs", "code")
UNKNOWN = "unknown"
# A type of each family whose quotas are shown besides: those with GPUs, and where everything else runs.
SHOWN = (
    ("g5.xlarge", ON_DEMAND),
    ("g5.xlarge", SPOT),
    ("p5.48xlarge", ON_DEMAND),
    ("p5.48xlarge", SPOT),
    ("p4d.24xlarge", SPOT),
    ("t3.large", ON_DEMAND),
    ("t3.large", SPOT),
)


@dataclass(frozen=True, kw_only=True)
class QuotaRow:
    """One quota, in vCPUs; hosts: what is asked of it."""

    first: QuotaSum
    hosts: tuple[QuotaSum, ...]

    def cells(self) -> tuple[str, ...]:
        """Return it as a row of a table."""
        one = self.first
        needs = ", ".join(_need(host) for host in self.hosts)
        family = one.family or one.instance_type
        numbers = [UNKNOWN if it is None else vcpus_text(it) for it in (one.limit, one.in_use, one.free)]
        return (family, one.market, *numbers, needs or "-", one.code or "not published")

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        one = self.first
        hosts = [
            {"instance_type": it.instance_type, "needed": it.needed, "missing": it.missing}
            for it in self.hosts
        ]
        return {
            "family": one.family,
            "market": one.market,
            "code": one.code,
            "limit": one.limit,
            "in_use": one.in_use,
            "free": one.free,
            "hosts": hosts,
            "unsure": one.unsure,
        }


@dataclass(frozen=True, kw_only=True)
class QuotaTable:
    """The quotas of one region."""

    region: str
    rows: tuple[QuotaRow, ...]

    def text(self) -> str:
        """Return them as a table."""
        return table([HEAD, *(row.cells() for row in self.rows)])

    def plain(self) -> dict[str, object]:
        """Return them as plain values."""
        return {"region": self.region, "unit": "vCPU", "quotas": [row.plain() for row in self.rows]}

    @property
    def lacking(self) -> list[QuotaSum]:
        """Return the hosts that do not fit."""
        return [host for row in self.rows for host in row.hosts if host.is_lacking]

    @property
    def unsure(self) -> list[str]:
        """Return what has to be allowed, or was refused, once each."""
        rows = [row for row in self.rows if row.first.code and (row.hosts or row.first.free is None)]
        return [why for why in dict.fromkeys(row.first.unsure for row in rows) if why]


def others(own: Sequence[Pool]) -> list[Pool]:
    """Return what is shown besides the stack's own places: first the other market of each of its types."""
    pairs = [
        *((pool.instance_type, market) for pool in own for market in (ON_DEMAND, SPOT)),
        *SHOWN,
    ]
    return [Pool(instance_type=name, market=market) for name, market in dict.fromkeys(pairs)]


def quota_table(region: str, own: Sequence[QuotaSum], besides: Sequence[QuotaSum]) -> QuotaTable:
    """Return one row for each quota; what the stack asks for stands in it."""
    keys = dict.fromkeys((_key(it), it.market) for it in (*own, *besides))
    rows = []
    for key in keys:
        of_key = [it for it in (*own, *besides) if (_key(it), it.market) == key]
        hosts = tuple(it for it in of_key if it in own)
        rows.append(QuotaRow(first=of_key[0], hosts=hosts))
    return QuotaTable(region=region, rows=tuple(rows))


def _key(one: QuotaSum) -> str:
    return one.code or one.instance_type


def _need(one: QuotaSum) -> str:
    missing = f" ({vcpus_text(one.missing)} missing)" if one.missing else ""
    return f"{UNKNOWN if one.needed is None else one.needed} for {one.instance_type}{missing}"
