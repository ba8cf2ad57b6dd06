"""The host that `up --until-ready` keeps until the new one is proven: a file of the stack names it.

While there is a second host, this file and Terraform's record together name both. The file holds the record
as it was before, so that the old host can be put back into it. It has secrets as a state has: 0600.
"""

import json
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.features.provision.resource_names import HOST, INSTANCE
from gpuinfra.ground.model import Host, Instance, Record
from gpuinfra.ground.protocols import StackFiles
from gpuinfra.ground.world import World
from gpuinfra.tools.files import write_private
from gpuinfra.tools.terraform import recorded

FILE = "kept-host.json"
GONE = ("terminated", "shutting-down")
IMAGE = f"{HOST}module.instance.terraform_data.image"
ADDRESS = f'{HOST}module.instance.aws_eip_association.this["own"]'
# What Terraform forgets of a host, so that it makes another one beside it: the host, what it was made from,
# and the tie of a fixed address to it. A tie that is made anew takes the address when the new host is there;
# one that is replaced would let go of it first, also where AWS has no new host.
OWN = (INSTANCE, IMAGE, ADDRESS)


@dataclass(frozen=True, kw_only=True)
class KeptHost:
    """A host that Terraform does not name just now, and why.

    host, record, before: as recorded before the new one was asked for. others: the hosts with the stack's
    tags then. goes: the host that is ended in its place, where the user goes back to it.
    """

    host: Host
    record: Record
    before: str
    others: tuple[str, ...] = ()
    goes: str = ""

    @property
    def instance_id(self) -> str:
        """Return its id."""
        return self.host.instance_id


def path(files: StackFiles) -> Path:
    """Return where it is written down."""
    return files.plan_file.parent / FILE


def write(files: StackFiles, before: str, *, others: Collection[str], goes: str = "") -> None:
    """Write it down, in one step."""
    known = {"before": json.loads(before), "others": sorted(others), "goes": goes}
    write_private(path(files), json.dumps(known).encode())


def forget(files: StackFiles) -> None:
    """Let there be none any more."""
    path(files).unlink(missing_ok=True)


def read(files: StackFiles) -> KeptHost | None:
    """Return it; None where there is none, or the file is not one of ours: then its host is told by its tags.

    The file may have come with somebody else's directory: it is checked as a state is.
    """
    # Malformed is a ValueError
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raw = json.loads(path(files).read_bytes())
        record, goes = recorded.record(raw["before"]), raw["goes"]
        ids = [*raw["others"], *([goes] if goes else [])]
        if record.host and all(re.fullmatch(recorded.TEXTS["instance_id"], it) for it in ids):
            before = json.dumps(raw["before"])
            return KeptHost(
                host=record.host, record=record, before=before, others=tuple(raw["others"]), goes=goes
            )
    return None


def instance_of(world: World, kept: KeptHost) -> Instance | None:
    """Return it as EC2 shows it; None once it is gone, or goes.

    Raises:
        CloudError: EC2 refuses.
    """
    found = world.cloud(kept.host.region, None).instance(kept.instance_id)
    return found if found and found.state not in GONE else None


def is_whole(record: Record) -> bool:
    """Tell whether an apply has made the host that is recorded: the outputs name it."""
    return record.outputs.get("instance_id") in record.ids_of("aws_instance")


def ids(world: World) -> set[str]:
    """Return the id of the kept host, if there is one: it is no stranger."""
    kept = read(world.files)
    return {kept.instance_id} if kept else set()
