"""A stack whose host is replaced while the old one is kept: a true state file, a Terraform that writes it."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gpuinfra.features.provision import kept_host
from gpuinfra.features.provision.kept_host import IMAGE, OWN
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.features.provision.up import Consent
from gpuinfra.ground.model import Change, Instance, Outcome, Tags
from gpuinfra.tools.terraform.state import LocalState
from tests import samples
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.prices import FakePriceList
from tests.fakes.world import RUNNING, SETTINGS, FakeReporter, FakeTerraform
from tests.tools.terraform.states import state_in

OLD, NEW, STRANGER = RUNNING.instance_id, "i-0123456789abcdef1", "i-0123456789abcdef2"
GROUP = str(samples.OUTPUTS["security_group_id"])
YES = Consent(yes=True, replace=True)
REPLACED = (Change(address=INSTANCE, action="replace"), Change(address=IMAGE, action="replace"))
CREATED = tuple(dataclasses.replace(it, action="create") for it in REPLACED)
REFUSED = Outcome(ok=False, diagnostics=(samples.refusal("InsufficientInstanceCapacity"),))


def instance(name: str, *, state: str = "running", group: str = GROUP) -> Instance:
    """Return one of the stack's instances."""
    return dataclasses.replace(RUNNING, instance_id=name, state=state, security_group_ids=(group,))


class AccountCloud(FakeCloud):
    """EC2 with some instances of the stack, each by its id."""

    def __init__(self, *instances: Instance) -> None:
        super().__init__()
        self.there = {it.instance_id: it for it in instances}

    def instance(self, instance_id: str) -> Instance | None:
        """Return it."""
        return self.there.get(instance_id)

    def tagged_instances(self, tags: Tags) -> list[Instance]:
        """Return all that live."""
        return [it for it in self.there.values() if it.state not in kept_host.GONE]

    def terminate(self, instance_ids: Sequence[str]) -> None:
        """End them."""
        super().terminate(instance_ids)
        self.there = {name: it for name, it in self.there.items() if name not in instance_ids}


def state_text(host_id: str = OLD, *, named: str = "") -> str:
    """Return a state that records a host, and in its outputs `named`, else the same; no id: no host."""
    raw = json.loads(samples.STATE)
    raw["outputs"]["instance_id"]["value"] = named or host_id or OLD
    tags = SETTINGS.tags.as_dict()
    for resource in raw["resources"]:
        resource["instances"][0]["attributes"]["tags_all"] = tags
    image = {"module": "module.host.module.instance", "mode": "managed", "type": "terraform_data"}
    raw["resources"].append(
        {**image, "name": "image", "instances": [{"attributes": {"id": f"of {host_id}"}}]}
    )
    raw["resources"][0]["instances"][0]["attributes"]["id"] = host_id
    if not host_id:
        own = ("aws_instance", "terraform_data")
        raw["resources"] = [it for it in raw["resources"] if it["type"] not in own]
    return json.dumps(raw)


class WritingTerraform(FakeTerraform):
    """Plans from what the state says, and ends an apply as told; `made`: what the state records then."""

    def __init__(self, state: LocalState, cloud: AccountCloud) -> None:
        super().__init__(Outcome(ok=True))
        self.state, self.cloud = state, cloud
        self.made, self.named = NEW, NEW
        self.ends = Outcome(ok=True, added=1, changes=CREATED)
        self.is_up_to_date = False
        self.more: tuple[Change, ...] = ()  # in each plan
        self.more_beside: tuple[Change, ...] = ()  # in one without the old host

    def plan(self, out: Path, *, replace: Sequence[str], on_progress: Any) -> Outcome:
        """Plan another host."""
        super().plan(out, replace=replace, on_progress=on_progress)
        has_host = INSTANCE in self.state.read().resources
        changes = REPLACED if has_host else CREATED + self.more_beside
        self.outcome = Outcome(ok=True, changes=() if self.is_up_to_date else changes + self.more)
        return self.outcome

    def apply(self, plan: Path | None, *, replace: Sequence[str], target: Any, on_progress: Any) -> Outcome:
        """Make the host, or not."""
        super().apply(plan, replace=replace, target=target, on_progress=on_progress)
        if self.made:
            self.cloud.there[self.made] = instance(self.made)
            self.state.path.write_text(state_text(self.made, named=self.named))
        return self.ends


class Scene:
    """A world with a host, and what is remembered."""

    def __init__(self, directory: Path, *instances: Instance, recorded: str = OLD, **parts: Any) -> None:
        self.state = state_in(directory, state_text(recorded))
        self.cloud = AccountCloud(*(instances or [instance(OLD)]))
        self.terraform = WritingTerraform(self.state, self.cloud)
        self.reporter = FakeReporter()
        self.world = fake_world(
            directory,
            state=self.state,
            cloud=self.cloud,
            terraform=self.terraform,
            price_source=FakePriceList(),
            price_cache=directory / "prices",
            **{"reporter": self.reporter, **parts},
        )

    def keep(self, *, others: Sequence[str] = (OLD,), goes: str = "") -> None:
        """Let the old host be kept."""
        kept_host.write(self.world.files, state_text(OLD), others=others, goes=goes)

    @property
    def now(self) -> tuple[str, bool, set[str]]:
        """Return the recorded host, whether one is kept, and all that live; the record of a host is whole."""
        record = self.state.read()
        (recorded,) = record.ids_of("aws_instance") or [""]
        if recorded:
            assert record.resources[IMAGE] == f"of {recorded}"
        assert all(address in record.resources for address in OWN[:2]) == bool(recorded)
        return recorded, kept_host.read(self.world.files) is not None, set(self.cloud.there)
