"""A small AWS for a host that moves; it can be killed before and after each of its calls."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from gpuinfra.ground.disk_copy import RESTORE_IMAGE, RESTORE_LAUNCH, RESTORE_NAME, RESTORE_OF, DiskCopy
from gpuinfra.ground.errors import CloudError, NotReached
from gpuinfra.ground.model import Instance, Tags
from gpuinfra.ground.pool import Pool
from tests.fakes.host import FakeCloud
from tests.fakes.world import RUNNING

OWN, OTHER = "us-east-1a", "us-east-1b"
WORK = "what the user has done"
NO_ROOM = "InsufficientInstanceCapacity"


class KilledError(BaseException):
    """`kill -9`: nothing of ours runs on."""


def no_room(pool: Pool) -> CloudError:
    """Return EC2's refusal."""
    error = CloudError(f"AWS has no {pool.instance_type} in {pool.zone or 'any zone'}")
    error.code = NO_ROOM
    return error


@dataclasses.dataclass(kw_only=True)
class Account:
    """What there is at AWS. disks: content by instance or image. kill_at: the step at which all is killed.

    kill_after: or what has been done then. copy_refusal: what EC2 says to a copy of a disk. away: how many
    looks at a copy that was begun get no answer.
    """

    instances: dict[str, Instance]
    disks: dict[str, str]
    copies: dict[str, DiskCopy] = dataclasses.field(default_factory=dict)
    full: set[tuple[str, str]] = dataclasses.field(default_factory=set)  # type and zone
    kill_at: int = 0
    kill_after: str = ""
    copy_refusal: CloudError | None = None
    away: int = 0
    step: int = 0
    log: list[str] = dataclasses.field(default_factory=list)

    def do(self, what: str) -> None:
        """Take a step: note it, check the laws, and be killed if it is time."""
        self.step += 1
        self.log.append(what)
        self.check()
        if self.step == self.kill_at or what == self.kill_after:
            raise KilledError

    def check(self) -> None:
        """Check that at most one host runs, and that the work is on some disk."""
        on = [it.instance_id for it in self.instances.values() if it.state in ("pending", "running")]
        assert len(on) <= 1, (on, self.log)
        assert WORK in self.disks.values(), self.log

    def start(self, instance_id: str) -> None:
        """Start a host if its zone has room."""
        now = self.instances[instance_id]
        if (now.instance_type, now.availability_zone) in self.full:
            raise no_room(Pool(instance_type=now.instance_type, zone=now.availability_zone))
        self.change(instance_id, state="running", launched=f"2026-01-02T03:{self.step:02d}:00Z")

    def change(self, instance_id: str, **values: Any) -> None:
        """Change an instance."""
        self.instances[instance_id] = dataclasses.replace(self.instances[instance_id], **values)

    def run(self, image: str, pool: Pool) -> str:
        """Make a host from a copy; in any zone with room where none is named."""
        zone = next(
            (
                z
                for z in ([pool.zone] if pool.zone else [OWN, OTHER])
                if (pool.instance_type, z) not in self.full
            ),
            "",
        )
        if not zone:
            raise no_room(pool)
        name = f"i-{len(self.instances):017x}"
        self.instances[name] = dataclasses.replace(
            RUNNING, instance_id=name, availability_zone=zone, ami_id=image, instance_type=pool.instance_type
        )
        self.disks[name] = self.disks[image]
        return name

    def end(self, instance_id: str) -> None:
        """Terminate a host; its disk goes."""
        self.change(instance_id, state="terminated")
        self.disks.pop(instance_id, None)


class AccountCloud(FakeCloud):
    """EC2 over the account."""

    def __init__(self, account: Account) -> None:
        super().__init__()
        self.account = account

    def instance(self, instance_id: str) -> Instance | None:
        """Return an instance."""
        return self.account.instances.get(instance_id)

    def tagged_instances(self, tags: Tags) -> list[Instance]:
        """Return those that are not gone."""
        return [it for it in self.account.instances.values() if it.state != "terminated"]

    def start(self, instance_id: str) -> None:
        """Start."""
        self.account.do("before StartInstances")
        self.account.start(instance_id)
        self.account.do("StartInstances")

    def set_type(self, instance_id: str, instance_type: str) -> None:
        """Change the type."""
        self.account.do("before ModifyInstanceAttribute")
        self.account.change(instance_id, instance_type=instance_type)
        self.account.do("ModifyInstanceAttribute")

    def terminate(self, instance_ids: Sequence[str]) -> None:
        """Terminate."""
        for name in instance_ids:
            self.account.do("before TerminateInstances of a half-made host")
            self.account.end(name)
            self.account.do("TerminateInstances of a half-made host")


class AccountImages:
    """The copies of disks; each is pending for one look."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def copies(self, tags: Tags) -> list[DiskCopy]:
        """Return them; the next look finds them available."""
        if self.account.copies and self.account.away:
            self.account.away -= 1
            raise NotReached("AWS cannot be reached")
        now = list(self.account.copies.values())
        for it in now:
            self.account.copies[it.image_id] = dataclasses.replace(it, state="available", percent=100)
        return now

    def create(self, instance_id: str, *, name: str, tags: Mapping[str, str]) -> None:
        """Copy a disk."""
        assert {RESTORE_OF, RESTORE_LAUNCH, "gpuinfra:stack", "gpuinfra:owner", "Name"} <= tags.keys()
        assert tags["team"] == "vision", "a company's account refuses what has not the user's tags"
        self.account.do("before CreateImage")
        if self.account.copy_refusal:
            raise self.account.copy_refusal
        image = f"ami-{len(self.account.copies) + 1:017x}"
        self.account.copies[image] = DiskCopy(
            image_id=image,
            state="pending",
            instance_id=tags[RESTORE_OF],
            launched=tags[RESTORE_LAUNCH],
            size_gb=128,
            percent=10,
            image=tags[RESTORE_IMAGE],
            ami_name=tags[RESTORE_NAME],
        )
        self.account.disks[image] = self.account.disks[instance_id]
        self.account.do("CreateImage")

    def remove(self, image_id: str) -> None:
        """Remove one."""
        self.account.do("before DeregisterImage")
        del self.account.copies[image_id]
        self.account.disks.pop(image_id, None)
        self.account.do("DeregisterImage")
