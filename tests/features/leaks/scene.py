"""An account with things in some regions, and prices for them."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from gpuinfra.features.leaks.known import Known
from gpuinfra.features.leaks.leak import Leak, Leaks, told_apart
from gpuinfra.features.money.rates import FREE, Price
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Tags
from gpuinfra.ground.tagged import Found, TaggedResource

HERE, THERE = "us-east-1", "eu-west-1"
OURS = Tags(project="gpuinfra", stack="default", owner="tester")
OLD = dataclasses.replace(OURS, stack="old")
BOBS = Tags(project="gpuinfra", stack="big", owner="bob")
HOST = TaggedResource(
    region=HERE,
    kind="aws_instance",
    resource_id="i-1",
    tags=OLD,
    state="running",
    made_at="2026-11-01T10:00:00Z",
    instance_type="g5.xlarge",
    has_address=True,
)
DISK_OF_HOST = TaggedResource(
    region=HERE,
    kind="aws_ebs_volume",
    resource_id="vol-1",
    tags=OLD,
    goes_with="i-1",
    volume_type="gp3",
    size_gb=128,
)
DISK = dataclasses.replace(DISK_OF_HOST, resource_id="vol-2", goes_with="", tags=OURS)
GROUP = TaggedResource(region=HERE, kind="aws_security_group", resource_id="sg-1", tags=OLD)
KEY = TaggedResource(region=HERE, kind="aws_key_pair", resource_id="key-1", tags=OLD)
ROLE = TaggedResource(region="", kind="aws_iam_role", resource_id="gpuinfra-old-1", tags=OLD)
KNOWN = Known(ids=frozenset({(HERE, "i-9")}), stacks=frozenset({OURS}))


class FixedPrices:
    """The prices of a region: what a thing costs an hour, the same everywhere; None: nobody told."""

    def __init__(self, usd_h: float | None = 1.0) -> None:
        self._price = Price(usd_h=usd_h, why="" if usd_h else "allow pricing:GetProducts")
        self.fetched: list[str] = []

    def fetch(self, names: Iterable[str]) -> None:
        """Remember what is asked for."""
        self.fetched += names

    def on_demand(self, instance_type: str) -> Price:
        """Return the price."""
        return self._price

    def spot(self, instance_type: str, zone: str = "") -> Price:
        """Return the price, which is a third."""
        return dataclasses.replace(self._price, usd_h=self._price.usd_h and self._price.usd_h / 3)

    def disk(self, size_gb: int, *, iops: int = 0, throughput_mib_s: int = 0) -> Price:
        """Return a price by size."""
        return dataclasses.replace(self._price, usd_h=self._price.usd_h and size_gb / 1000)

    def snapshot(self, size_gb: float) -> Price:
        """Return a price by size."""
        return self.disk(int(size_gb))

    def address(self) -> Price:
        """Return the price of an address."""
        return dataclasses.replace(self._price, usd_h=self._price.usd_h and 0.005)

    def nat_gateway(self) -> Price:
        """Return the price."""
        return self._price

    def endpoint(self) -> Price:
        """Return the price."""
        return self._price


class FakeSearcher:
    """Regions with things; a region may refuse."""

    def __init__(
        self, found: Mapping[str, Sequence[TaggedResource]], refusing: Mapping[str, CloudError] = {}
    ) -> None:
        self._found, self._refusing = found, refusing
        self.asked: list[str] = []

    def regions(self) -> list[str]:
        """Return all."""
        return sorted({HERE, THERE})

    def in_region(self, region: str) -> Found:
        """Return what is there, or refuse."""
        self.asked.append(region)
        if error := self._refusing.get(region):
            raise error
        return Found(things=tuple(self._found.get(region, ())))

    def in_account(self) -> Found:
        """Return what has no region."""
        return self.in_region("")


def leaks(*things: TaggedResource, known: Known = KNOWN, is_whole: bool = True) -> Leaks:
    """Return what a search has found; nothing costs anything."""
    found = told_apart(things, dict.fromkeys(things, FREE), known, is_whole=is_whole)
    return Leaks(found=found, regions=(HERE,), refused={}, taken_at="2026-11-28T10:00:00+00:00")


def by_id(found: Iterable[Leak]) -> dict[str, Leak]:
    """Return leaks by the ids of their things."""
    return {it.thing.resource_id: it for it in found}
