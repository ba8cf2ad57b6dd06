"""A small AWS with a Terraform over it, both of which can be killed before and after each of their calls."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gpuinfra.features.lifecycle.start_elsewhere import Elsewhere
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.ground.disk_copy import RESTORE_LAUNCH, RESTORE_OF, DiskCopy
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Diagnostic, Instance, Outcome, Record, Settings, Tags
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.world import World
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RUNNING, SETTINGS, FakeReporter, FakeState, FakeTerraform, FakeValues
from tests.samples import host

OWN, OTHER = "us-east-1a", "us-east-1b"
WORK = "what the user has done"
OLD = RUNNING.instance_id
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
    """What there is at AWS. disks: content by instance or image. kill_at: the step at which all is killed."""

    instances: dict[str, Instance]
    disks: dict[str, str]
    copies: dict[str, DiskCopy] = dataclasses.field(default_factory=dict)
    full: set[tuple[str, str]] = dataclasses.field(default_factory=set)  # type and zone
    kill_at: int = 0
    step: int = 0
    log: list[str] = dataclasses.field(default_factory=list)

    def do(self, what: str) -> None:
        """Take a step: note it, check the laws, and be killed if it is time."""
        self.step += 1
        self.log.append(what)
        self.check()
        if self.step == self.kill_at:
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
        now = list(self.account.copies.values())
        for it in now:
            self.account.copies[it.image_id] = dataclasses.replace(it, state="available", percent=100)
        return now

    def create(self, instance_id: str, *, name: str, tags: Mapping[str, str]) -> None:
        """Copy a disk."""
        assert {RESTORE_OF, RESTORE_LAUNCH, "gpuinfra:stack", "gpuinfra:owner", "Name"} <= tags.keys()
        self.account.do("before CreateImage")
        image = f"ami-{len(self.account.copies) + 1:017x}"
        self.account.copies[image] = DiskCopy(
            image_id=image,
            state="pending",
            instance_id=tags[RESTORE_OF],
            launched=tags[RESTORE_LAUNCH],
            size_gb=128,
            percent=10,
        )
        self.account.disks[image] = self.account.disks[instance_id]
        self.account.do("CreateImage")

    def remove(self, image_id: str) -> None:
        """Remove one."""
        self.account.do("before DeregisterImage")
        del self.account.copies[image_id]
        self.account.disks.pop(image_id, None)
        self.account.do("DeregisterImage")


class AccountTerraform(FakeTerraform):
    """Terraform that makes the new host first, then ends the old one, and writes its state in between."""

    def __init__(self, account: Account, state: FakeState) -> None:
        super().__init__(Outcome(ok=True))
        self.account, self.state = account, state

    def apply(self, plan: Path | None, *, replace: Sequence[str], target: Any, on_progress: Any) -> Outcome:
        """Replace the host, or do the rest of that."""
        record, restore = self.state.records[0], dict(self.given["restore"])  # type: ignore[call-overload]
        resources = dict(record.resources)
        if replace and resources[INSTANCE] in self.account.instances:
            pool = Pool(instance_type=restore["instance_type"], zone=restore["zone"] or "")
            self.account.do("before RunInstances")
            try:
                new = self.account.run(restore["ami_id"], pool)
            except CloudError as error:
                return _failed(error)
            self.account.do("RunInstances")
            resources = {**resources, INSTANCE: new, f"{INSTANCE} (deposed 1)": resources[INSTANCE]}
            self._write(record, resources)
            self.account.do("state: the new host")
        old = resources.pop(f"{INSTANCE} (deposed 1)", "")
        if old:
            self.account.end(old)
            self.account.do("TerminateInstances")
        self._write(record, resources)
        self.account.do("state: without the old host")
        self._write(self._whole(resources[INSTANCE]), resources)
        return Outcome(ok=True, added=1, destroyed=1)

    def _whole(self, new: str) -> Record:
        now = self.account.instances[new]
        made = host(instance_id=new, availability_zone=now.availability_zone, ami_id=now.ami_id)
        made = dataclasses.replace(made, instance_type=now.instance_type)
        return dataclasses.replace(self.state.records[0], host=made)

    def _write(self, record: Record, resources: dict[str, str]) -> None:
        self.state.records = [dataclasses.replace(record, resources=resources)]


def _failed(error: CloudError) -> Outcome:
    detail = (
        "creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 500,"
        f" RequestID: 1, api error {error.code}: {error.message}"
    )
    return Outcome(ok=False, diagnostics=(Diagnostic(severity="error", summary=detail),))


class Places:
    """The recorded places; the settings say the last one from then on."""

    def __init__(self, values: FakeValues) -> None:
        self.values, self.written = values, list[Pool]()

    def write(self, pool: Pool) -> None:
        """Note it."""
        self.written.append(pool)
        settings = dataclasses.replace(self.values.settings, instance_type=pool.instance_type, pool=pool)
        self.values.settings = settings

    def delete(self) -> None:
        """Nobody forgets it here."""


@dataclasses.dataclass(kw_only=True)
class Scene:
    """A stopped host in a zone without room, and who starts it."""

    account: Account
    world: World
    reporter: FakeReporter
    recorded: list[Pool]

    def elsewhere(self, *, moves: bool = True, yes: bool = True) -> Elsewhere:
        """Return where else the host may start."""
        images = AccountImages(self.account)
        return Elsewhere(images=lambda _: images, moves=moves, yes=yes)

    @property
    def running(self) -> Instance:
        """Return the only host that runs."""
        (one,) = [it for it in self.account.instances.values() if it.state == "running"]
        return one


def scene(directory: Path, *, at_terminal: bool = False, answer: bool = True, **settings: Any) -> Scene:
    """Return it; its own zone is full for its type."""
    old = dataclasses.replace(
        RUNNING, state="stopped", public_ip="", availability_zone=OWN, launched="2026-01-01T00:00:00Z"
    )
    account = Account(
        instances={OLD: old}, disks={OLD: WORK}, full={(old.instance_type, OWN), ("g5.xlarge", OWN)}
    )
    tags = SETTINGS.tags
    record = Record(
        resources={INSTANCE: OLD}, outputs={"instance_id": OLD}, host=host(), region="us-east-1", tags=tags
    )
    state = FakeState(record)
    state.path = directory / "terraform.tfstate"
    state.path.write_text("{}")
    values = FakeValues(settings=_settings(**settings))
    reporter = FakeReporter(answer=answer, at_terminal=at_terminal)
    places = Places(values)
    world = fake_world(
        directory,
        cloud=AccountCloud(account),
        terraform=AccountTerraform(account, state),
        state=state,
        values=values,
        reporter=reporter,
        pool_record=places,
    )
    return Scene(account=account, world=world, reporter=reporter, recorded=places.written)


def _settings(**values: Any) -> Settings:
    return dataclasses.replace(SETTINGS, **values)
