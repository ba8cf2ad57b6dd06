"""A Terraform over a small AWS that can be killed between its calls; and a host that needs another place."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gpuinfra.features.lifecycle.start_elsewhere import Elsewhere
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Diagnostic, Instance, Outcome, Record, Settings
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.world import World
from tests.fakes.host import fake_world
from tests.fakes.world import RUNNING, SETTINGS, FakeReporter, FakeState, FakeTerraform, FakeValues
from tests.features.lifecycle.account import OWN, WORK, Account, AccountCloud, AccountImages
from tests.samples import host

OLD = RUNNING.instance_id


class AccountTerraform(FakeTerraform):
    """Terraform that makes the new host first, then ends the old one, and writes its state in between."""

    def __init__(self, account: Account, state: FakeState) -> None:
        super().__init__(Outcome(ok=True))
        self.account, self.state = account, state

    def apply(self, plan: Path | None, *, replace: Sequence[str], target: Any, on_progress: Any) -> Outcome:
        """Replace the host, or do the rest of that."""
        record, restore = self.state.records[0], dict(self.given["restore"])  # type: ignore[call-overload]
        resources = dict(record.resources)
        if INSTANCE in replace and resources[INSTANCE] in self.account.instances:
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
    terraform: FakeTerraform
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
    places, terraform = Places(values), AccountTerraform(account, state)
    world = fake_world(
        directory,
        cloud=AccountCloud(account),
        terraform=terraform,
        state=state,
        values=values,
        reporter=reporter,
        pool_record=places,
    )
    return Scene(
        account=account, world=world, reporter=reporter, terraform=terraform, recorded=places.written
    )


def _settings(**values: Any) -> Settings:
    return dataclasses.replace(SETTINGS, **values)
