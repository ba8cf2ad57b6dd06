"""`list`: the hosts of all stacks of a project, as EC2 shows them now."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from gpuinfra.features.lifecycle.state_wait import GONE
from gpuinfra.features.money import cost
from gpuinfra.features.provision import half_move, kept_host, kept_text, later_start
from gpuinfra.features.provision.outcome import cost_without_host
from gpuinfra.ground import when
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Host, Instance
from gpuinfra.ground.text import table
from gpuinfra.ground.world import World

HEAD = ("stack", "state", "type", "address", "since", "region", "host", "USD/h")


@dataclass(frozen=True, kw_only=True)
class ListedHost:
    """One stack; state: as EC2 says, "gone", or "none" where there is no host. Times are ISO 8601, UTC.

    usd_h: what it costs as it is now, None where nobody has asked for the prices. waits_until: until when AWS
    tries to start it, empty where it does not. block_ends: when its Capacity Block ends, as it was told.
    half_done: what a run has begun and not ended, if so, and the command that goes on with it. kept: the host
    that `up --until-ready` keeps beside it, whose costs are not in usd_h. untold: why AWS says nothing of it.
    """

    stack: str
    state: str
    instance_type: str = ""
    address: str = ""
    since: str = ""
    region: str = ""
    instance_id: str = ""
    usd_h: float | None = None
    waits_until: str = ""
    block_ends: str = ""
    half_done: str = ""
    kept: str = ""
    untold: str = ""

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)

    def cells(self, now: datetime) -> tuple[str, ...]:
        """Return it as a row of a table, its time by the clock of `now`."""
        shown = asdict(replace(self, since=when.local(self.since, now)))
        waits, ends = shown.pop("waits_until"), when.read(shown.pop("block_ends"))
        shown["state"] += " (waits for capacity)" if waits else ""
        del shown["half_done"], shown["untold"]
        kept = shown.pop("kept")
        shown["state"] += f" ({kept} is kept beside it)" if kept else ""
        if ends:
            shown["state"] += f" (block ends {ends.astimezone(now.tzinfo):%Y-%m-%d %H:%M})"
        untold = "paid ahead" if ends else "unknown" if self.instance_id else ""
        price = f"{self.usd_h:.3f}" if self.usd_h is not None else untold
        return tuple(value or "-" for value in {**shown, "usd_h": price}.values())


def hosts(worlds: Sequence[World]) -> list[ListedHost]:
    """Return one row for each stack; EC2 is asked, Terraform is not started.

    Raises:
        CloudError: AWS tells nothing of any host.
    """
    rows, refused = [], []
    for world in worlds:
        try:
            rows.append(_listed(world))
        except CloudError as error:
            refused.append(error)
            rows.append(_untold(world, error))
    if refused and all(row.untold for row in rows if row.instance_id):
        raise refused[0]  # the account, or the network: it is so with each of them
    return rows


def _untold(world: World, error: CloudError) -> ListedHost:
    """Return the row of a stack of which AWS tells nothing, such as one in a region that is off by now."""
    host = world.state.read().host
    return ListedHost(
        stack=world.files.name,
        state="unknown",
        instance_type=host.instance_type if host else "",
        region=host.region if host else "",
        instance_id=host.instance_id if host else "",
        untold=error.message,
    )


def text(listed: Sequence[ListedHost], now: datetime) -> str:
    """Return the hosts as a table."""
    if not listed:
        return ""
    notes = [f"\n{one.stack}: {note}" for one in listed for note in (one.half_done, one.untold) if note]
    return table([HEAD, *(one.cells(now) for one in listed)]) + "".join(notes)


def _listed(world: World) -> ListedHost:
    record, name, kept = world.state.read(), world.files.name, kept_host.read(world.files)
    beside = kept.instance_id if kept and kept.instance_id not in record.ids_of("aws_instance") else ""
    if record.host:
        now = world.cloud(record.host.region, None).instance(record.host.instance_id)
        usd_h = cost.cached(world, record, record.host, now).rate_usd_h
        waits = later_start.waits_until(world, record.host, now)
        half_done = half_move.row(world) or kept_text.cut_off(world)
        one = _of_host(record.host, now, usd_h)
        return replace(one, waits_until=waits, half_done=half_done, kept=beside)
    state = "half made" if record.ids_of("aws_instance") else "none"
    return ListedHost(stack=name, state=state, kept=beside, half_done=cost_without_host(record, name))


def _of_host(host: Host, now: Instance | None, usd_h: float | None) -> ListedHost:
    is_gone = now is None or now.state in GONE
    return ListedHost(
        stack=host.stack,
        state="gone" if now is None or is_gone else now.state,
        instance_type=now.instance_type if now else host.instance_type,
        address="by Session Manager" if host.is_private else now.public_ip if now else "",
        since=now.since if now else "",
        region=host.region,
        instance_id=host.instance_id,
        usd_h=usd_h,
        block_ends=now.block_ends if now and not is_gone else "",
    )
