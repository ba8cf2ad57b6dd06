"""A host made anew from the copy of its disk, in another place: Terraform makes it, then ends the old one.

create_before_destroy in terraform/modules/host: the old one, which is stopped, goes when the new one runs.
"""

import dataclasses
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from gpuinfra.features.money import lease_apply, ledger, moved
from gpuinfra.features.provision import half_move, progress
from gpuinfra.features.provision import plan as planning
from gpuinfra.features.provision.outcome import check
from gpuinfra.features.provision.preflight import prepare
from gpuinfra.features.provision.resource_names import IMAGE_NOTE, INSTANCE
from gpuinfra.ground.disk_copy import DiskCopy
from gpuinfra.ground.errors import ConfigError, Interrupted
from gpuinfra.ground.model import Host, Instance, Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.text import count
from gpuinfra.ground.world import World
from gpuinfra.tools.files import write_private

# There may be room elsewhere: as `up` asks where it can ask in several places.
RETRIES = 3


def to(
    world: World, settings: Settings, host: Host, copy: DiskCopy, place: Pool, *, anew: bool = True
) -> None:
    """Make the host in a place from the copy of its disk; the old one goes then.

    anew: False where the new one is recorded already, and only the rest is to be done.

    Raises:
        CloudError: EC2 refuses; the old host is as it was, in the record, too.
        Interrupted: Ctrl-C; the next `start` goes on.
    """
    terraform, there = world.terraform(), dataclasses.replace(settings, instance_type=place.instance_type)
    given = {**lease_apply.values(world, there), "restore": _restore(host, copy, place)}
    terraform.give({**given, "max_retries": RETRIES})
    try:
        with (
            _state_kept(world, host, anew=anew),
            progress.shown(world, f"Making the host: {place}") as on_progress,
        ):
            terraform.init()
            replaced = INSTANCE if anew else IMAGE_NOTE  # a kill may have left that of the old host
            outcome = terraform.apply(None, replace=[replaced], target=[], on_progress=on_progress)
            check(world, outcome, there)
    except Interrupted as error:
        hint = f"{command('start', host.stack)}   # goes on from there"
        raise Interrupted(f"{error.message} The copy of its disk is kept", hint=hint) from None


def _restore(host: Host, copy: DiskCopy, place: Pool) -> dict[str, str | None]:
    """Return the value of the variable `restore` (terraform/restore.tf)."""
    return {
        "ami_id": copy.image_id,
        "image": copy.image or host.image,
        "name": copy.ami_name or host.ami_name,
        "instance_type": place.instance_type,
        "market": place.market,
        "zone": place.zone or None,
    }


def finish(world: World, copy: DiskCopy, new: Host, now: Instance) -> None:
    """Let the new host go on for the old one: its costs, its lease, its place in the next plan."""
    old = dataclasses.replace(new, instance_id=copy.instance_id)
    ledger.seen(world, old, world.cloud(new.region, None).instance(copy.instance_id))
    ledger.seen(world, new, now)
    moved.note(world.files, new=new.instance_id, old=copy.instance_id)
    world.pool_record.write(
        Pool(instance_type=now.instance_type, market=now.market, zone=now.availability_zone)
    )
    lease_apply.renewed(world, new)
    half_move.end(world)


def put_back(world: World, region: str, olds: Collection[str]) -> None:
    """Let the record be as before a move that came to nothing: one of the old hosts is all there is."""
    kept, record = half_move.path(world), world.state.read()
    if not kept.exists() or not record.tags:
        return
    alive, text = world.cloud(region, None).tagged_instances(record.tags), kept.read_bytes()
    ids = [it.instance_id for it in alive if it.instance_id in olds and it.instance_id.encode() in text]
    if len(alive) == len(ids) == 1 and _is_marked(record, alive[0]):
        write_private(world.state.path, text)
    half_move.end(world)


def _is_marked(record: Record, old: Instance) -> bool:
    """Tell whether a record shows what a failed move leaves in it; any apply since has mended it."""
    waits = any("(deposed " in address for address in record.resources)
    return waits or (record.host is not None and record.host.ami_id != old.ami_id)


@contextmanager
def _state_kept(world: World, host: Host, *, anew: bool) -> Iterator[None]:
    """Keep the state of before; put it back where no new host came of the move."""
    if anew:
        half_move.begin(world)
    try:
        yield
    except Exception:
        put_back(world, host.region, [host.instance_id])
        raise


def refuse_edits(world: World, host: Host) -> None:
    """Refuse to move a host while an apply would change more than its place.

    Raises:
        ConfigError: terraform.tfvars says something that is not applied yet, or AWS shows something else.
    """
    terraform, settings = world.terraform(), prepare(world)
    try:
        planned = planning.make(world, terraform, settings, replace=[])
    finally:
        world.files.plan_file.unlink(missing_ok=True)
    if planned.changes:
        more = count(len(planned.changes), "change")
        raise ConfigError(
            f"the host is moved as it is, and an apply would do more than that: {more}",
            hint=f"{command('plan', host.stack)}   # shows it: undo it in terraform.tfvars, or apply it",
        )
