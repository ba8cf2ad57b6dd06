"""What the stacks of this project record: that is no leak."""

from collections.abc import Sequence
from dataclasses import dataclass

from gpuinfra.features.provision import kept_host
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Record, Tags
from gpuinfra.ground.tagged import GLOBAL, TaggedResource
from gpuinfra.ground.world import World


@dataclass(frozen=True, kw_only=True)
class Known:
    """ids: what is recorded, with its region. stacks: those of this project, by their tags.

    unreadable: those of them whose record cannot be read, so that nothing of theirs is certainly lost.
    """

    ids: frozenset[tuple[str, str]] = frozenset()
    stacks: frozenset[Tags] = frozenset()
    unreadable: frozenset[Tags] = frozenset()

    def has(self, thing: TaggedResource) -> bool:
        """Tell whether something is recorded, or goes with a host that is, or was made for one."""
        names = (thing.resource_id, thing.goes_with, thing.made_for)
        return bool({(thing.region, name) for name in names} & self.ids)

    @property
    def owners(self) -> frozenset[str]:
        """Return who answers for the stacks of this project."""
        return frozenset(tags.owner for tags in self.stacks)


def known(worlds: Sequence[World]) -> Known:
    """Read the records and the values of the stacks that were set up; what cannot be read is said."""
    ids: set[tuple[str, str]] = set()
    stacks: set[Tags] = set()
    unreadable: set[Tags] = set()
    for world in worlds:
        told = _told(world)
        try:
            record = world.state.read()
        except ConfigError as error:
            world.reporter.say(f"! the record of stack {world.files.name!r} cannot be read: {error.message}")
            unreadable |= told
        else:
            ids |= _ids(record)
            if kept := kept_host.read(world.files):
                ids |= _ids(kept.record)
            stacks |= {record.tags} if record.tags else set()
        stacks |= told
    return Known(ids=frozenset(ids), stacks=frozenset(stacks), unreadable=frozenset(unreadable))


def _told(world: World) -> set[Tags]:
    """Return the tags that terraform.tfvars asks for."""
    try:
        return {world.values.read().tags}
    except ConfigError:
        return set()


def _ids(record: Record) -> set[tuple[str, str]]:
    names = {*record.resources.values(), *([record.host.root_volume_id] if record.host else [])}
    return {(region, name) for region in (record.region, GLOBAL) for name in names}
