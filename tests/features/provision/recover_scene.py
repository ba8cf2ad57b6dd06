"""A world whose state cannot be read, for the tests of `recover`."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.provision.recover import recover
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.ground.errors import ConfigError, GpuInfraError
from gpuinfra.ground.model import AttributeChange, Change, Host, Instance, Outcome, Part, Record
from gpuinfra.ground.world import World
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RECORDED, RUNNING, SETTINGS, FakeReporter, FakeState, FakeTerraform, FakeValues

HOST = dataclasses.replace(RUNNING, volume_ids=("vol-1",))
OTHER = dataclasses.replace(RUNNING, instance_id="i-0other")
GROUP = "module.host.module.security_group.aws_security_group.this"
NEW = Change(address=INSTANCE, action="create")
IMPORTED = Change(
    address=INSTANCE,
    action="update",
    attributes=(
        AttributeChange(name="user_data_replace_on_change", before="null", after="false"),
        AttributeChange(name="root_block_device.tags.team", before="blue", after="null"),
    ),
)
DONE = Outcome(ok=True)
GONE = "nothing was taken over, the state is as it was"


class Damaged(FakeState):
    """A state that cannot be read until it is exchanged."""

    def read(self) -> Record:
        """Refuse, or return what was recovered."""
        if not self.exchanged:
            raise ConfigError("the state file x is damaged", hint="gpuinfra recover")
        return super().read()


class Planning(FakeTerraform):
    """A Terraform that would make a host, and, once it is imported, do what the test says."""

    def __init__(self, *changes: Change, applied: Outcome = DONE) -> None:
        super().__init__(Outcome(ok=True))
        self.then, self.applied = changes, applied

    def details(self, plan: Path) -> tuple[Change, ...]:
        """Return the changes of the last plan."""
        return self.then if self.calls[-1][1] else (NEW, Change(address=GROUP, action="create"))

    def apply_import(self, plan: Path, *, state: Path, on_progress: Any) -> Outcome:
        """End as told."""
        super().apply_import(plan, state=state, on_progress=on_progress)
        return self.applied


@dataclasses.dataclass
class Scene:
    """A world with a state that cannot be read, and what it remembers."""

    world: World
    state: FakeState
    cloud: FakeCloud
    terraform: Planning
    reporter: FakeReporter

    def recover(self, *, yes: bool = True, host_id: str = "") -> Host | None:
        """Run the command; whatever comes of it, nothing of its own is left in the directory."""
        try:
            return recover(self.world, host_id=host_id, yes=yes)
        finally:
            folder = self.state.path.parent
            assert [p.name for p in folder.iterdir() if p.name.startswith(("recovered", "plan"))] == []

    def refused(self, kind: type[GpuInfraError], says: str, hint: str, **options: Any) -> None:
        """Run it; it must be refused with these words, and the state stays."""
        with pytest.raises(kind, match=says) as caught:
            self.recover(**options)
        assert caught.value.hint == hint
        assert self.state.exchanged == []
        assert ("apply_import",) not in self.terraform.calls


def scene(
    tmp_path: Path,
    *changes: Change,
    hosts: tuple[Instance, ...] = (HOST,),
    state: FakeState | None = None,
    applied: Outcome = DONE,
    answer: bool = True,
    things: tuple[Any, ...] = (),
    settings: Any = SETTINGS,
) -> Scene:
    """Build one."""
    state = state or Damaged(RECORDED)
    state.path, state.kept = tmp_path / "terraform.tfstate", tmp_path / "terraform.tfstate.kept"
    parts = [Part(kind="aws_instance", import_id=HOST.instance_id)]
    parts += [Part(kind="aws_security_group", import_id="sg-1")]
    cloud = FakeCloud(tagged=(hosts,), stands_on=parts, things=things)
    terraform, reporter = Planning(*(changes or (IMPORTED,)), applied=applied), FakeReporter(answer=answer)
    world = fake_world(
        tmp_path,
        cloud=cloud,
        state=state,
        terraform=terraform,
        reporter=reporter,
        values=FakeValues(settings),
    )
    return Scene(world=world, state=state, cloud=cloud, terraform=terraform, reporter=reporter)
