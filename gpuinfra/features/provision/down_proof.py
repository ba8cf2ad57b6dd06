"""The proof after `down`: AWS is asked whether anything of the stack is left."""

from dataclasses import dataclass

from gpuinfra.features.provision import leftovers
from gpuinfra.features.provision.leftovers import Leftovers
from gpuinfra.features.provision.outcome import describe
from gpuinfra.ground.errors import HostError
from gpuinfra.ground.model import Instance, Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What AWS shows of a stack after all was removed."""

    hosts: list[Instance]
    left: Leftovers

    @property
    def words(self) -> list[str]:
        """Return what is left and costs money, each with its id."""
        disks = [leftovers.listed([disk]) for disk in self.left.disks]
        return [*(describe([host]) for host in self.hosts), *disks]


def asked(world: World, settings: Settings, record: Record) -> Proof:
    """Ask AWS by the tags, and by the ids that were recorded: the tags may have been edited since."""
    cloud = world.cloud(settings.region, settings)
    recorded = [cloud.instance(i) for i in sorted(record.ids_of("aws_instance"))]
    alive = [i for i in recorded if i and i.state not in ("shutting-down", "terminated")]
    hosts = list({i.instance_id: i for i in (*alive, *cloud.tagged_instances(settings.tags))}.values())
    left = leftovers.find(world, settings, Record(), strangers=hosts)
    leftovers.remove(
        world, settings, (*left.free_of_worth, *left.copies)
    )  # AWS may show late what was made last
    return Proof(hosts=hosts, left=left)


def refuse_left(world: World, settings: Settings, proof: Proof) -> None:
    """Say that nothing is left.

    Raises:
        HostError: something is.
    """
    if proof.words:
        found = ", ".join(proof.words)
        raise HostError(f"AWS still shows {found}", hint=command("destroy", world.files.name))
    tell(world, proof.left)
    what = "no instance" if proof.left.unasked else "nothing"
    world.reporter.say(f"AWS shows {what} of this stack in {settings.region} any more")


def tell(world: World, left: Leftovers) -> None:
    """Say what was not removed because another owner's name is on it, and what could not be looked for."""
    if left.others:
        world.reporter.say(f"left, with another owner in its tags: {leftovers.listed(left.others)}")
    if left.unasked:
        calls = ", ".join(left.unasked)
        world.reporter.say(f"AWS did not let us look whether anything else is left ({calls})")
