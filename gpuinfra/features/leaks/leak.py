"""What was found in all regions, told apart: what is lost, what is left, what others may use. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from gpuinfra.features.leaks.known import Known
from gpuinfra.features.money.rates import HOURS_A_MONTH, Price
from gpuinfra.features.provision.resource_names import NAMES
from gpuinfra.ground.model import Tags
from gpuinfra.ground.tagged import GLOBAL, TaggedResource

# Its tags name a stack of this project, which does not record it; of a stack that is not set up here and has
# no host any more; of one that has.
LOST, LEFT, ELSEWHERE = "lost", "left", "elsewhere"


@dataclass(frozen=True, kw_only=True)
class Leak:
    """One thing that no stack of this project records. is_mine: its owner is that of a stack here.

    is_certain: all was read that tells whether it is in use.
    """

    thing: TaggedResource
    case: str
    is_mine: bool
    is_certain: bool
    price: Price

    @property
    def usd_month(self) -> float | None:
        """Return what it costs a month (730 h); None: unknown."""
        return None if self.price.usd_h is None else self.price.usd_h * HOURS_A_MONTH

    @property
    def what(self) -> str:
        """Return it in words."""
        thing = self.thing
        name = NAMES.get(thing.kind, f"something of {thing.kind}").partition(" (")[0]
        about = [
            thing.instance_type,
            f"{thing.size_gb} GB" if thing.size_gb else "",
            thing.state if thing.kind == "aws_instance" else "",
            "spot" if thing.is_spot else "",
            f"goes with {thing.goes_with}" if thing.goes_with else "",
        ]
        told = ", ".join(filter(None, about))
        return f"{name}: {told}" if told else name

    @property
    def may_be_deleted(self) -> bool:
        """Tell whether it is ours to delete: never what has another owner, nor what we never make."""
        return self.is_mine and self.is_certain and self.thing.kind.startswith("aws_")

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        values = {**asdict(self.thing), "what": self.what, "case": self.case, "is_mine": self.is_mine}
        return {**values, "usd_month": self.usd_month, "why_unknown": self.price.why}


@dataclass(frozen=True, kw_only=True)
class Leaks:
    """All of them, what costs most first; refused: what AWS did not let us ask, by region."""

    found: tuple[Leak, ...]
    regions: tuple[str, ...]
    refused: Mapping[str, str]
    taken_at: str

    @property
    def suspects(self) -> tuple[Leak, ...]:
        """Return what nobody seems to use: all but what belongs to a stack elsewhere that has a host."""
        return tuple(it for it in self.found if it.case != ELSEWHERE)

    def plain(self) -> dict[str, object]:
        """Return them as plain values; usd_month: of what has a known price."""
        return {
            "taken_at": self.taken_at,
            "regions": list(self.regions),
            "refused": dict(self.refused),
            "usd_month": known_usd_month(self.suspects),
            "unknown_prices": unknown(self.suspects),
            "things": [it.plain() for it in self.found],
        }


def told_apart(
    things: Sequence[TaggedResource], prices: Mapping[TaggedResource, Price], known: Known, *, is_whole: bool
) -> tuple[Leak, ...]:
    """Return what is not recorded, what costs most first. is_whole: every region was looked through."""
    strange = [it for it in things if not known.has(it)]
    with_host = {it.tags for it in strange if it.kind == "aws_instance"}
    found = [
        Leak(
            thing=it,
            case=_case(it, known, with_host),
            is_mine=it.tags.owner in known.owners,
            is_certain=it.tags not in known.unreadable and (is_whole or it.region != GLOBAL),
            price=prices[it],
        )
        for it in strange
    ]
    return tuple(sorted(found, key=_order))


def _case(thing: TaggedResource, known: Known, with_host: set[Tags]) -> str:
    if thing.tags in known.stacks:
        return LOST
    return ELSEWHERE if thing.tags in with_host else LEFT


def _order(leak: Leak) -> tuple[bool, float, str, str]:
    usd_month = leak.usd_month
    return usd_month is not None, -(usd_month or 0.0), leak.thing.region, leak.thing.kind


def known_usd_month(leaks: Sequence[Leak]) -> float:
    """Return what they cost a month, as far as it is known."""
    return sum(it.usd_month or 0.0 for it in leaks)


def unknown(leaks: Sequence[Leak]) -> int:
    """Return how many have no known price."""
    return sum(it.usd_month is None for it in leaks)
