"""Whether a host can run in a capacity reservation, and when it ends with it, in words. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from gpuinfra.features.money.lease_text import ends_in_words
from gpuinfra.ground import when
from gpuinfra.ground.model import Host, Instance, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.pool import CAPACITY_BLOCK, ON_DEMAND
from gpuinfra.ground.reservation import EC2_ENDS, Reservation, iso

ACTIVE = "active"
# Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CapacityReservation.html
NOT_YET = ("scheduled", "pending", "payment-pending", "assessing", "delayed")
OVER = ("expired", "cancelled", "cancelling", "failed", "payment-failed", "unsupported")
# How the reason of an ending begins that comes before the block's: gpuinfra/host/guard/block_end.py.
WORDS = "ended with its Capacity Block"
# All images that gpuinfra finds are of this platform, and all its hosts of this tenancy.
PLATFORM, TENANCY = "Linux/UNIX", "default"


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Why EC2 would refuse a host in a reservation, and what mends it; begins: it only comes too early."""

    text: str
    hint: str
    begins: datetime | None = None


def trouble(
    found: Reservation | None, settings: Settings, zones: Sequence[str], now: datetime
) -> Trouble | None:
    """Return what is certainly wrong for a new host; None: nothing is. zones: where it may be, empty: any."""
    name = settings.capacity_reservation_id
    look = f"aws ec2 describe-capacity-reservations --region {settings.region}"
    other = f"{look}   # then set capacity_reservation_id in terraform.tfvars to one that is active"
    if found is None:
        return Trouble(
            text=f"the account has no capacity reservation {name} in {settings.region}", hint=other
        )
    over = found.ec2_ends and found.ec2_ends <= now
    if found.state in OVER or over:
        why = f"ends {ends_in_words(iso(found.ends), now)}: EC2 terminates its hosts already" if over else ""
        return Trouble(text=f"the {kind(found)} {name} {why or f'is {found.state}'}", hint=other)
    if wrong := _mismatch(found, settings, zones):
        what, value = wrong
        return Trouble(text=f"the {kind(found)} {name} {what}", hint=value or other)
    if found.state in NOT_YET or (found.begins and found.begins > now):
        return _early(found, settings, now)
    if not found.free and found.state == ACTIVE:
        hint = (
            f"{look} --capacity-reservation-ids {name}   # a host that ends gives its place back in minutes"
        )
        return Trouble(text=f"the {kind(found)} {name} has no free place: all of it is in use", hint=hint)
    return None


def kind(found: Reservation) -> str:
    """Return what it is."""
    return "Capacity Block" if found.is_block else "capacity reservation"


def _mismatch(found: Reservation, settings: Settings, zones: Sequence[str]) -> tuple[str, str] | None:
    """Return how the host is another one than is reserved, with what to write in terraform.tfvars."""
    market = CAPACITY_BLOCK if found.is_block else ON_DEMAND
    if settings.market != market:
        return f"is not for market {settings.market!r}", _set("market", market, settings)
    if settings.instance_type != found.instance_type:
        what = f"is for {found.instance_type}, and the host is a {settings.instance_type}"
        return what, _set("instance_type", found.instance_type, settings)
    if zones and found.zone not in zones:
        what = f"is in {found.zone}, and the host would be in {' or '.join(zones)}"
        if settings.subnet_id:
            look = f"aws ec2 describe-subnets --region {settings.region}"
            return (
                what,
                f"{look} --filters Name=availability-zone,Values={found.zone}   # set subnet_id to one",
            )
        return what, _set("availability_zone", found.zone, settings)
    if found.platform != PLATFORM and not settings.ami_id:  # an image of the user's own may be of any
        return f"is for the platform {found.platform}, and the host's is {PLATFORM}", ""
    if found.tenancy != TENANCY:
        return f"is for hosts of tenancy {found.tenancy}, and this one's is {TENANCY}", ""
    return None


def _set(name: str, value: str, settings: Settings) -> str:
    return f'set {name} = "{value}" in terraform.tfvars   # then: {command("up", settings.stack)}'


def _early(found: Reservation, settings: Settings, now: datetime) -> Trouble:
    name = settings.capacity_reservation_id
    if found.begins is None or found.begins <= now:
        look = f"aws ec2 describe-capacity-reservations --region {settings.region}"
        hint = f"{look} --capacity-reservation-ids {name}   # until it is active"
        return Trouble(text=f"the {kind(found)} {name} is {found.state}", hint=hint)
    at = ends_in_words(iso(found.begins), now)
    hours = int((found.begins - now).total_seconds() // 3600) + 1
    hint = f"{command(f'up --wait {hours}h', settings.stack)}   # waits until then"
    return Trouble(text=f"the {kind(found)} {name} begins {at}", hint=hint, begins=found.begins)


@dataclass(frozen=True, kw_only=True)
class ReservationSummary:
    """A host's reservation for people and programs; times: ISO 8601 in UTC, empty: none, or not known.

    saves_at: when the host runs on_stop and the saves; ec2_ends_at: when EC2 begins to terminate it;
    told: the end that the host itself knows. Those three: of a Capacity Block only. why: why AWS did not say.
    """

    stack: str
    reservation_id: str
    is_block: bool
    state: str = ""
    ends_at: str = ""
    saves_at: str = ""
    ec2_ends_at: str = ""
    told: str = ""
    why: str = ""

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)

    def line(self, here: datetime) -> str:
        """Return it in one line; here: now, by the user's clock."""
        name = f"{'Capacity Block' if self.is_block else 'capacity reservation'} {self.reservation_id}"
        if self.why:
            told = f"; the host takes {_at(self.told, here)} for it" if self.told else ""
            return f"{name}: when it ends is not known: {self.why}{told}"
        state = "" if self.state == ACTIVE else f" ({self.state})"
        if not self.ends_at:
            return f"{name}{state}, without an end"
        ends = f"{name}{state} ends {ends_in_words(self.ends_at, here)}"
        if not self.is_block:
            return f"{ends}; the host runs on after it, at the on-demand price"
        later = when.between(self.saves_at, self.ec2_ends_at, here)
        steps = f"on_stop and the saves run {_at(self.saves_at, here)}, {later} later EC2 terminates the host"
        return f"{ends}; {steps}, with its disk{self._untold(here)}"

    def _untold(self, here: datetime) -> str:
        if self.told == self.ends_at:
            return ""
        knows = f"takes {_at(self.told, here)} for the end" if self.told else "does not know it"
        return f"; the host {knows}: {command('up', self.stack)} tells it"


def summary(found: Reservation, *, stack: str) -> ReservationSummary:
    """Return it for people and programs, of no host so far."""
    return ReservationSummary(
        stack=stack,
        reservation_id=found.reservation_id,
        is_block=found.is_block,
        state=found.state,
        ends_at=iso(found.ends),
        saves_at=iso(found.saves),
        ec2_ends_at=iso(found.ec2_ends),
    )


def gone(host: Host, instance: Instance | None, last_words: str) -> str:
    """Return why a host is gone, as far as it is known: its own words, else the time of its end."""
    again = command("up", host.stack)
    if _ended_with_block(instance, last_words):
        return f"gone: ended with its Capacity Block; {again} makes a new one in the block that you name next"
    or_so = ", or ended with its Capacity Block" if host.market == CAPACITY_BLOCK and not instance else ""
    return f"gone: it was terminated outside of gpuinfra{or_so}; {again} makes a new one"


def _ended_with_block(instance: Instance | None, last_words: str) -> bool:
    if last_words.startswith(WORDS) or instance is None:
        return last_words.startswith(WORDS)
    ends, since = when.read(instance.block_ends), when.read(instance.since)
    return bool(ends and since and since >= ends - EC2_ENDS)


def _at(time: str, here: datetime) -> str:
    """Return a time by the user's clock, with its day where that is another one."""
    at = when.read(time)
    if at is None:
        return time
    local = at.astimezone(here.tzinfo)
    return f"at {local:%H:%M}" if local.date() == here.date() else f"on {local:%a %Y-%m-%d} at {local:%H:%M}"
