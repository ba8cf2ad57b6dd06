"""What holds up a destroy: AWS deletes no group, subnet or network in which something foreign hangs.

Terraform waits for that in silence, for 15 to 20 minutes.
"""

import re

from gpuinfra.features.provision.leftovers import NAMED_AFTER_S, holders
from gpuinfra.features.provision.resource_names import label
from gpuinfra.ground.errors import HostError
from gpuinfra.ground.model import Progress, Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

# Free of charge, all of them, and deleted within seconds where nothing holds them.
CAN_BE_HELD = ("aws_security_group", "aws_subnet", "aws_internet_gateway", "aws_vpc")
GIVE_UP_S = 300.0
OF_A_HOST = re.compile(r"of host (i-[0-9a-f]+)")


def refuse_shared_network(world: World, settings: Settings, record: Record, *, ours: set[str]) -> None:
    """Refuse to take its network from under another stack's host; `ours`: the hosts that go as well.

    Raises:
        HostError: there is such a host.
    """
    subnets = sorted(record.ids_of("aws_subnet"))
    cloud = world.cloud(settings.region, settings) if subnets else None
    inside = [text for subnet in subnets if cloud for text in holders(cloud, subnet)]
    hosts = sorted({one for text in inside for one in OF_A_HOST.findall(text)} - ours)
    if hosts:
        raise HostError(
            f"the network of this stack is that of {', '.join(hosts)}, too, which would lose its way out."
            " Nothing was destroyed",
            hint="gpuinfra list   # whose it is: that stack goes down first",
        )


class Blockers:
    """Looks, while Terraform destroys, what holds a thing that takes long; `note` takes each step."""

    def __init__(self, world: World, settings: Settings, record: Record) -> None:
        self._world, self._settings, self._record = world, settings, record
        self._began: dict[str, float] = {}
        self._told: set[str] = set()

    def note(self, step: Progress) -> str:
        """Return what holds a thing, once.

        Raises:
            HostError: it has been held for 5 minutes.
        """
        now = self._world.clock.now()
        if step.phase == "start" and step.action == "delete":
            self._began[step.address] = now
        waited = now - self._began.get(step.address, now)
        kind = next((k for k in CAN_BE_HELD if f".{k}." in f".{step.address}"), "")
        if step.phase != "busy" or waited < NAMED_AFTER_S or not kind:
            return ""
        return self._told_of(step.address, kind, waited)

    def _told_of(self, address: str, kind: str, waited: float) -> str:
        # An internet gateway is held by the addresses in its network.
        ids = (
            self._record.ids_of("aws_vpc") if "gateway" in kind else {self._record.resources.get(address, "")}
        )
        cloud = self._world.cloud(self._settings.region, self._settings)
        held_by = ", ".join(one for name in sorted(ids) for one in holders(cloud, name))
        text = f"{label(address)} {', '.join(ids)} is held by {held_by or 'something that AWS does not show'}"
        if waited >= GIVE_UP_S:
            raise HostError(
                f"{text}. Nothing that costs money waits for it; Terraform saved its state",
                hint=f"{command('down', self._world.files.name)}   # once that is deleted, or out of it",
            )
        is_new = bool(held_by) and text not in self._told
        self._told.add(text)
        return text if is_new else ""
