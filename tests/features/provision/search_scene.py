"""A world in which AWS has a host in some places, and refuses in others."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.capacity.cells import cells
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.features.provision.up import Consent, apply
from gpuinfra.ground.model import Change, Diagnostic, Outcome, Record, Settings
from gpuinfra.ground.pool import Pool
from tests import samples
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.prices import FakePriceList
from tests.fakes.world import (
    RECORDED,
    RUNNING,
    SETTINGS,
    FakePoolRecord,
    FakeReporter,
    FakeState,
    FakeTerraform,
    FakeTime,
    FakeValues,
)

G4, G5, G5_SPOT = Pool(instance_type="g4dn.xlarge"), Pool(instance_type="g5.xlarge"), Pool(
    instance_type="g5.xlarge", market="spot"
)  # fmt: skip
TWO = dataclasses.replace(SETTINGS, instance_type="g5.xlarge", instance_types=("g5.xlarge", "g4dn.xlarge"))
YES, ASK = Consent(yes=True, replace=True), Consent(yes=False)
NOTHING = Record()
MADE = Outcome(ok=True, added=1, changes=(Change(address=INSTANCE, action="create"),))
REPLACED = Outcome(ok=True, added=1, changes=(Change(address=INSTANCE, action="replace"),))
NO_CAPACITY, QUOTA = "InsufficientInstanceCapacity", "VcpuLimitExceeded"
ORPHAN = dataclasses.replace(RUNNING, instance_id="i-0feed", launched="2026-01-02T03:04:05Z")
CUT = Outcome(ok=False, diagnostics=(Diagnostic(severity="error", summary="read: connection reset by peer"),))


class StateOfPlaces(FakeState):
    """A state that names a host once Terraform has made one."""

    def __init__(self, before: Record) -> None:
        super().__init__(before)

    def made(self) -> None:
        """Let it name the host."""
        self.records = [RECORDED]


class TerraformOfPlaces(FakeTerraform):
    """A Terraform that is refused with a code in some places; what was planned is `planned`."""

    def __init__(
        self,
        values: FakeValues,
        state: StateOfPlaces,
        refused: Mapping[Pool, str | Outcome],
        planned: Outcome = MADE,
    ) -> None:
        super().__init__(planned)
        self.values, self.state, self.refused, self.planned = values, state, dict(refused), planned
        self.asked: list[Pool] = []
        self.lacking: set[Pool] = set()  # places whose zone does not have the type: the plan itself says so

    def plan(self, out: Path, *, replace: Sequence[str], on_progress: Any) -> Outcome:
        """Plan for the place that is recorded."""
        made = super().plan(out, replace=replace, on_progress=on_progress)
        pool = self.values.settings.pool or cells(self.values.settings)[0]
        said = f"Zone {pool.zone} does not offer {pool.instance_type} to this account."
        refused = Outcome(
            ok=False,
            diagnostics=(Diagnostic(severity="error", summary="Resource precondition failed", detail=said),),
        )
        return refused if pool in self.lacking else made

    def apply(self, plan: Path | None, *, replace: Sequence[str], target: Any, on_progress: Any) -> Outcome:
        """Make a host, or refuse."""
        super().apply(plan, replace=replace, target=target, on_progress=on_progress)
        pool = self.values.settings.pool or cells(self.values.settings)[0]
        self.asked.append(pool)
        answer = self.refused.get(pool)
        if isinstance(answer, Outcome):
            return answer
        if answer:
            return Outcome(ok=False, diagnostics=(samples.refusal(answer),))
        self.state.made()
        return self.planned


class Scene:
    """A world in which a host is asked for in several places."""

    def __init__(
        self,
        directory: Path,
        refused: Mapping[Pool, str | Outcome],
        *,
        settings: Settings = TWO,
        before: Record = NOTHING,
        planned: Outcome = MADE,
        cloud: FakeCloud | None = None,
    ) -> None:
        self.values, self.state = FakeValues(settings), StateOfPlaces(before)
        self.record = FakePoolRecord(self.values)
        self.terraform = TerraformOfPlaces(self.values, self.state, refused, planned)
        self.reporter, self.time = FakeReporter(), FakeTime()
        self.world = fake_world(
            directory,
            values=self.values,
            state=self.state,
            pool_record=self.record,
            terraform=self.terraform,
            reporter=self.reporter,
            time=self.time,
            cloud=cloud or FakeCloud(),
            price_source=FakePriceList(),
            price_cache=directory / "prices",
        )

    def refusal(self, kind: type[Exception], consent: Consent = YES, *, wait_s: float = 0.0) -> Any:
        """Apply in vain; return the error."""
        with pytest.raises(kind) as caught:
            apply(self.world, consent, wait_s=wait_s)
        return caught.value
