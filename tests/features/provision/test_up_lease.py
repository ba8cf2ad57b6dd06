"""`up` with a lease: Terraform is told for how long, the end is moved, and nobody is surprised."""

import dataclasses
import re
from pathlib import Path

import pytest

from gpuinfra.features.provision import plan as planning
from gpuinfra.features.provision import status as statuses
from gpuinfra.features.provision.init import InitValues, usd_of
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.features.provision.up import Consent, apply
from gpuinfra.ground.errors import CloudError, ConfigError, TerraformError
from gpuinfra.ground.model import AttributeChange, Change, Outcome, Record, ScheduleStart
from tests.fakes.host import FakeCloud
from tests.fakes.prices import DENIED
from tests.fakes.world import FakeState, FakeTerraform
from tests.features.money.lease_scene import HOUR_S, LEASE, Scene, recorded, running

YES = Consent(yes=True)
NO_VALUES = InitValues(region=str, owner=str, cidr=str, public_key=Path)
MADE = Outcome(ok=True, added=1, changes=(Change(address=INSTANCE, action="create"),))
RESIZED = Change(
    address=INSTANCE,
    action="update",
    attributes=(AttributeChange(name="instance_type", before="g4dn.xlarge", after="g5.xlarge"),),
)


def scene(directory: Path, outcome: Outcome = MADE, **parts: object) -> tuple[Scene, FakeTerraform]:
    """Return a world with a lease of 20 dollars, and its Terraform."""
    terraform = FakeTerraform(outcome)
    return Scene(directory, running(0.01), terraform=terraform, **parts), terraform  # type: ignore[arg-type]


def test_a_new_host_gets_the_hours_that_its_price_gives(tmp_path: Path) -> None:
    """20 dollars at a dollar an hour, less the minute that AWS may come late."""
    made, terraform = scene(tmp_path, state=FakeState(Record(), Record(), Record(), recorded(max_usd=20.0)))
    apply(made.world, YES)
    assert terraform.given == {"lease_hours": pytest.approx(20 - 60 / HOUR_S, abs=0.02)}
    assert any(line.startswith("lease: 0.01 of 20.00 USD; AWS stops the host") for line in made.reporter.said)


def test_a_lease_in_dollars_without_a_price_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    """With the way on that needs no prices."""
    made, terraform = scene(tmp_path, state=FakeState(Record()))
    made.prices.refusal = DENIED
    for act in (lambda: apply(made.world, YES), lambda: planning.plan(made.world, NO_VALUES)):
        with pytest.raises(ConfigError, match="max_usd needs a price, and none is known") as caught:
            act()
        assert caught.value.hint.startswith("set max_hours in place of max_usd")
    assert not [call for call in terraform.calls if call[0] in ("plan", "apply")]


def test_an_edit_of_anything_else_goes_without_prices(tmp_path: Path) -> None:
    """The end that is in force stays, and a schedule made anew would get the same."""
    made, terraform = scene(tmp_path, Outcome(ok=True), types={}, ends_in_s=5 * HOUR_S)
    apply(made.world, Consent(yes=False))
    assert terraform.given == {"lease_hours": pytest.approx(5 - 60 / HOUR_S, abs=0.02)}


def test_a_dearer_type_ends_by_its_price_before_terraform_starts_it(tmp_path: Path) -> None:
    """Terraform stops, changes and starts the host by itself: the end is there before."""
    order: list[str] = []

    class Watching(FakeTerraform):
        def apply(self, *args: object, **named: object) -> Outcome:
            order.extend(call[0] for call in made.cloud.calls)
            return super().apply(*args, **named)  # type: ignore[arg-type]

    terraform = Watching(Outcome(ok=True, changed=1, changes=(RESIZED,)))
    settings = {"max_usd": 20.0, "instance_type": "g5.xlarge"}
    made = Scene(tmp_path, running(4), terraform=terraform, settings=settings, ends_in_s=16 * HOUR_S)
    apply(made.world, Consent(yes=False))
    assert order == ["move_schedule", "move_schedule"]
    assert terraform.given["lease_hours"] == pytest.approx(8, abs=0.05)


def test_the_old_and_the_new_sum_are_shown_before_the_question(tmp_path: Path) -> None:
    """And for how long the host may run then."""
    stage = Change(address='module.host.aws_scheduler_schedule.lease["stop"]', action="replace")
    outcome = Outcome(ok=True, added=1, changes=(stage,))
    made, _ = scene(tmp_path, outcome, settings={"max_usd": 30.0})
    apply(made.world, Consent(yes=False))
    (line,) = [line for line in made.reporter.said if "lease: 20.00 USD -> 30.00 USD" in line]
    assert "the host may run for 1 d 5 h from now on, then AWS stops it" in line
    assert made.reporter.said.index(line) < len(made.reporter.said)
    assert made.reporter.asked == ["Apply this plan?"]


def test_an_end_that_could_not_be_moved_fails_nothing(tmp_path: Path) -> None:
    """Terraform's own comes too early, and that is said."""
    made, _ = scene(tmp_path)

    def refuse(schedule_id: str, begins: float) -> None:
        raise CloudError("your AWS user may not do scheduler:UpdateSchedule")

    cloud = dataclasses.replace(made.world, cloud=lambda region, settings: Refusing())

    class Refusing(type(made.cloud)):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(instance=running(0.01), schedules=made.cloud.schedules, now=made.cloud.now)
            self.move_schedule = refuse

    apply(cloud, YES)
    assert any("the end of the lease was not moved" in line for line in made.reporter.said)


def test_status_tells_a_schedule_that_somebody_removed(tmp_path: Path) -> None:
    """And what makes it again."""
    gone = Scene(tmp_path, running(4), ends_in_s=None)
    assert " of 20.00 USD; AWS has no schedule of it" in _status(gone)
    there = Scene(tmp_path, running(4), ends_in_s=16 * HOUR_S)
    assert re.search(r"lease      4\.0\d of 20\.00 USD; AWS stops the host ", _status(there))


def test_status_of_one_who_may_not_ask_has_all_else(tmp_path: Path) -> None:
    """The lease line says why the end is not known."""
    scene = Scene(tmp_path, running(4))

    class Refusing(FakeCloud):
        def schedule_start(self, schedule_id: str) -> ScheduleStart | None:
            raise CloudError("your AWS user may not do scheduler:GetSchedule")

    cloud = Refusing(instance=running(4))
    text = statuses.status(dataclasses.replace(scene.world, cloud=lambda region, settings: cloud)).text()
    assert "when AWS stops the host is not known: your AWS user may not do scheduler:GetSchedule" in text
    assert "host       i-" in text


def _status(one: Scene) -> str:
    from gpuinfra.features.lifecycle import lease

    lease.lease(one.world)  # it asks for the prices that `status` reads from the cache
    return statuses.status(one.world).text()


@pytest.mark.parametrize(
    ("typed", "usd"), [("", None), ("no limit", None), ("20", 20), ("$7.50", 7.5), ("5 USD", 5)]
)
def test_a_sum_is_read_as_people_type_it(typed: str, usd: float | None) -> None:
    """Enter is no limit."""
    assert usd_of(typed) == usd


@pytest.mark.parametrize("typed", ["0", "-3", "twenty", "nan", "inf", "1e400", "20 EUR"])
def test_what_is_no_sum_is_refused(typed: str) -> None:
    """With an example."""
    with pytest.raises(ConfigError, match="must be a sum in USD above 0") as caught:
        usd_of(typed)
    assert caught.value.hint == "gpuinfra init --max-usd 20"


def test_an_apply_that_fails_after_it_recorded_another_limit_moves_the_end(tmp_path: Path) -> None:
    """Terraform would plan no change of it any more: 20 dollars would be spent under a limit of one."""
    state = FakeState(recorded(max_usd=20.0))

    class Failing(FakeTerraform):
        def apply(self, plan: Path | None, **_: object) -> Outcome:
            state.records = [recorded(max_usd=1.0)]
            return Outcome(ok=False)

    planned = Outcome(ok=True, changes=(Change(address=f"{LEASE}[0]", action="replace"),))
    limit = {"max_usd": 1.0}
    made = Scene(
        tmp_path,
        running(0.01),
        terraform=Failing(planned),
        state=state,
        ends_in_s=19 * HOUR_S,
        settings=limit,
    )
    with pytest.raises(TerraformError):
        apply(made.world, YES)
    assert min(made.cloud.schedules.values()) - made.now < HOUR_S
    assert any(line.startswith("lease: 0.01 of 1.00 USD; AWS stops the host") for line in made.reporter.said)
