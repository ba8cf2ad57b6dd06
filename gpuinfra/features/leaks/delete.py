"""`leaks --delete`: asks for each thing by itself, and removes what got a yes; never what is not ours.

What is worth something (a host, a disk, a snapshot, an image) goes only if its id is typed.
"""

from collections.abc import Sequence

from gpuinfra.features.leaks.leak import Leak, Leaks
from gpuinfra.features.provision import leftovers
from gpuinfra.ground import when
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.model import CloudResource
from gpuinfra.ground.names import DEFAULT_STACK, command
from gpuinfra.ground.tagged import GLOBAL, TaggedResource
from gpuinfra.ground.text import count
from gpuinfra.ground.world import World

HOST = "aws_instance"
WORTH = (HOST, "aws_ebs_volume", "aws_ebs_snapshot", "aws_ami")
# Before what it hangs on: a request would make another host, an image holds its snapshots, an interface its
# group and subnet.
FIRST = ("aws_spot_instance_request", HOST, "aws_ami", "aws_ebs_snapshot", "aws_network_interface")
ORDER = (*FIRST, *(kind for kind in leftovers.ORDER if kind not in FIRST))


def delete(world: World, leaks: Leaks, *, home: str) -> tuple[Leak, ...]:
    """Ask for each, remove what got a yes, and return it. home: a region of those that have none.

    Raises:
        CloudError: AWS refuses something; all else is removed before that is said, but what a host needs that
            stays.
        HostError: something is still held after 5 minutes.
    """
    ours = sorted((it for it in leaks.found if it.may_be_deleted), key=_order)
    _say_what_stays(world, leaks)
    if not ours:
        return ()
    if not world.reporter.offer(f"{count(len(ours), 'thing')} could be deleted. Ask for each?"):
        world.reporter.say("nothing was deleted: each thing is asked for by itself, at a terminal")
        return ()
    chosen = _chosen(world, ours)
    refusals: list[GpuInfraError] = []
    for region in dict.fromkeys(it.thing.region for it in chosen):
        there = [it.thing for it in chosen if it.thing.region == region]
        refusals += _terminate(world, there, region)
        if refusals:  # what a host that stays may need
            there = [it for it in there if it.tags not in {host.tags for host in _hosts(chosen)}]
        refusals += _remove(world, there, region or home)
    if refusals:
        raise refusals[0]
    return tuple(chosen)


def _order(leak: Leak) -> tuple[int, str]:
    """Put what hangs on others first, and what has no region last: a host may use it."""
    kind = leak.thing.kind
    rank = ORDER.index(kind) if kind in ORDER else len(ORDER)
    return rank + (len(ORDER) if leak.thing.region == GLOBAL else 0), leak.thing.region


def _say_what_stays(world: World, leaks: Leaks) -> None:
    """Say of whose stacks nothing is deleted, and why."""
    others = sorted({it.thing.tags.owner or "nobody" for it in leaks.found if not it.is_mine})
    if others:
        world.reporter.say(f"left alone: what others' tags are on; ask {', '.join(others)}")
    if any(it.is_mine and not it.is_certain for it in leaks.found):
        world.reporter.say(
            "left alone: what may be in use, since not all could be read that tells;"
            f" see {command('leaks', DEFAULT_STACK)}"
        )


def _chosen(world: World, ours: Sequence[Leak]) -> list[Leak]:
    """Ask for each. Of a stack whose host stays, the rest stays, too: the host may need it."""
    chosen: list[Leak] = []
    going: set[str] = set()
    staying = set()
    for leak in ours:
        thing = leak.thing
        if thing.goes_with in going:
            chosen.append(leak)
        elif thing.tags in staying:
            world.reporter.say(f"kept, as its host is: {leak.what} {thing.resource_id}")
        elif world.reporter.confirm(_question(leak), word=thing.resource_id if thing.kind in WORTH else ""):
            chosen.append(leak)
            going |= {thing.resource_id} if thing.kind == HOST else set()
        elif thing.kind == HOST:
            staying.add(thing.tags)
    return chosen


def _question(leak: Leak) -> str:
    thing = leak.thing
    cost = "of unknown price" if leak.usd_month is None else f"{leak.usd_month:.2f} USD a month"
    where = f"in {thing.region}" if thing.region else "in the account"
    since = f", since {made:%Y-%m-%d %H:%M} UTC" if (made := when.read(thing.made_at)) else ""
    whose = f"stack {thing.tags.stack!r} of {thing.tags.owner}, project {thing.tags.project!r}"
    disks = " and the disks that go with it" if thing.kind == HOST else ""
    return f"Delete {leak.what} {thing.resource_id}{disks} {where} ({whose}; {cost}{since})?"


def _hosts(leaks: Sequence[Leak]) -> list[TaggedResource]:
    return [it.thing for it in leaks if it.thing.kind == HOST]


def _terminate(world: World, things: Sequence[TaggedResource], region: str) -> list[GpuInfraError]:
    """Terminate the hosts of one region; return what AWS refused."""
    hosts = [it.resource_id for it in things if it.kind == HOST]
    if not hosts:
        return []
    world.reporter.say(f"terminating {', '.join(hosts)}")
    try:
        world.cloud(region, None).terminate(hosts)
    except GpuInfraError as error:
        return [error]
    return []


def _remove(world: World, things: Sequence[TaggedResource], region: str) -> list[GpuInfraError]:
    """Remove all else, but what goes with a host; return what AWS refused or still holds."""
    rest = [
        CloudResource(kind=it.kind, resource_id=it.resource_id, owner=it.tags.owner)
        for it in things
        if it.kind != HOST and not it.goes_with
    ]
    hint = command("leaks --delete", DEFAULT_STACK)
    try:
        leftovers.remove_by(world, world.cloud(region, None), rest, hint=hint)
    except GpuInfraError as error:
        return [error]
    return []
