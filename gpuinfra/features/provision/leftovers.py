"""What a stack has made and Terraform does not know: a run was killed, or an answer was lost, in between.

Found by its tags. What is certainly ours is removed, what costs money first. Certain are the tags of stack,
project and owner together, unless a living host that is not ours may need it: another clone may use the same
names. A disk may hold somebody's work: it goes only after a question.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gpuinfra.features.provision.resource_names import NAMES
from gpuinfra.ground.errors import CloudError, HostError
from gpuinfra.ground.model import CloudResource, Record, Row, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.protocols import Cloud, LiveView
from gpuinfra.ground.world import World

HOST, DISK = "aws_instance", "aws_ebs_volume"
SCHEDULES = "aws_scheduler_schedule_group"  # of a lease; they would end the host
# The copy of a stopped host's disk (`start` in another place): an image and its snapshot.
COPIES = ("aws_ami", "aws_ebs_snapshot")
COST_MONEY = (HOST, "aws_nat_gateway", "aws_eip", DISK, *COPIES, "aws_vpc_endpoint")
# Each before what it lies in or hangs on.
ORDER = (
    *COST_MONEY,
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_security_group",
    "aws_route",
    "aws_route_table_association",
    "aws_subnet",
    "aws_route_table",
    "aws_internet_gateway",
    "aws_vpc",
    "aws_key_pair",
    SCHEDULES,
    "aws_iam_instance_profile",
    "aws_iam_role",
)
# These go with their group.
RULES = ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule")
POLL_S, NAMED_AFTER_S, BOUND_S = 3.0, 30.0, 300.0


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """What was found, hosts left out, what costs money first. others: what costs money, of other owners.

    unasked: the calls that AWS did not let us make.
    """

    ours: tuple[CloudResource, ...] = ()
    others: tuple[CloudResource, ...] = ()
    unasked: tuple[str, ...] = ()

    @property
    def disks(self) -> tuple[CloudResource, ...]:
        """Return the disks: they may hold somebody's work."""
        return tuple(one for one in self.ours if one.kind == DISK)

    @property
    def free_of_worth(self) -> tuple[CloudResource, ...]:
        """Return all but the disks and their copies."""
        return tuple(one for one in self.ours if one.kind not in (DISK, *COPIES))

    @property
    def copies(self) -> tuple[CloudResource, ...]:
        """Return the copies of disks of this stack's hosts: who destroys the stack destroys them."""
        return tuple(one for one in self.ours if one.kind in COPIES)

    @property
    def rules(self) -> tuple[CloudResource, ...]:
        """Return the rules of a group that stays."""
        return tuple(one for one in self.ours if one.kind in RULES)

    @property
    def schedules(self) -> tuple[CloudResource, ...]:
        """Return what would end a host by a lease that Terraform does not know."""
        return tuple(one for one in self.ours if one.kind == SCHEDULES)

    @property
    def costly(self) -> tuple[CloudResource, ...]:
        """Return what costs money."""
        return tuple(one for one in self.ours if one.kind in COST_MONEY)


def find(world: World, settings: Settings, record: Record, *, strangers: Collection[object]) -> Leftovers:
    """Ask AWS. strangers: hosts that live under our tags and are not ours: what they may need is theirs."""
    known = set(record.resources.values())
    inventory = world.cloud(settings.region, settings).inventory(settings.tags, known)
    found = sorted(inventory.found, key=lambda one: ORDER.index(one.kind))
    mine = [one for one in found if one.owner == settings.owner and one.kind != HOST]
    return Leftovers(
        ours=tuple(one for one in mine if _is_ours(one, known, strangers)),
        others=tuple(one for one in found if one.owner != settings.owner and one.kind in COST_MONEY),
        unasked=inventory.unasked,
    )


def _is_ours(one: CloudResource, known: Collection[str], strangers: Collection[object]) -> bool:
    if one.used_by:
        return False
    return one.part_of in known or (one.kind not in RULES and not strangers)


def listed(found: Sequence[CloudResource]) -> str:
    """Return them in one line, with their ids."""
    return ", ".join(map(_name, found))


def remove(world: World, settings: Settings, found: Sequence[CloudResource]) -> None:
    """Remove them, each as soon as nothing holds it.

    Raises:
        HostError: something is still held after 5 minutes; by what is named.
        CloudError: AWS refuses; all else is removed before that is said.
    """
    if found:
        remove_by(
            world, world.cloud(settings.region, settings), found, hint=command("down", world.files.name)
        )


def remove_by(world: World, cloud: Cloud, found: Sequence[CloudResource], *, hint: str) -> None:
    """Do so in the region of `cloud`; `hint`: the command that tries again.

    Raises:
        HostError: as `remove`.
        CloudError: as `remove`.
    """
    clock, left = world.clock, list(found)
    refusals: list[CloudError] = []
    since = clock.now()
    with world.reporter.live("Removing what Terraform does not know") as view:
        while left := _round(cloud, view, left, refusals):
            waited = clock.now() - since
            if waited >= BOUND_S:
                raise _held(cloud, left, hint)
            view.rows(tuple(_row(cloud, one, since, waited) for one in left))
            clock.sleep(POLL_S)
        view.rows(())
    if refusals:
        raise refusals[0]


def _round(
    cloud: Cloud, view: LiveView, found: list[CloudResource], refusals: list[CloudError]
) -> list[CloudResource]:
    """Try each once; return what is still there. What AWS refuses is not tried again."""
    left = []
    for one in found:
        try:
            is_gone = cloud.remove(one)
        except CloudError as refusal:
            refusals.append(refusal)
            continue
        if is_gone:
            view.line(f"{_name(one)}: deleted")
        else:
            left.append(one)
    return left


def _row(cloud: Cloud, one: CloudResource, since: float, waited: float) -> Row:
    held = ", ".join(holders(cloud, one.resource_id)) if waited >= NAMED_AFTER_S else ""
    text = f"{_name(one)}: deleting" + (f", held by {held}" if held else "")
    return Row(mark="now", text=text, since=since)


def _held(cloud: Cloud, left: Sequence[CloudResource], hint: str) -> HostError:
    held = [f"{_name(one)}{_by(holders(cloud, one.resource_id))}" for one in left]
    return HostError(
        f"AWS has not let go of it within {BOUND_S / 60:.0f} minutes: {'; '.join(held)}",
        hint=hint,
    )


def _by(holding: Sequence[str]) -> str:
    return f", held by {', '.join(holding)}" if holding else ""


def holders(cloud: Cloud, resource_id: str) -> list[str]:
    """Return what hangs in something; nothing where AWS does not tell."""
    try:
        return cloud.holders(resource_id)
    except CloudError:
        return []


def _name(one: CloudResource) -> str:
    return f"{NAMES[one.kind]} {one.resource_id}"
