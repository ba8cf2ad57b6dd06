"""The host asked for in several places: what is applied, recorded, told, and what stops it."""

import dataclasses
from pathlib import Path

from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.features.provision.up import apply
from gpuinfra.ground.errors import CloudError, HostError, Interrupted
from gpuinfra.ground.model import Diagnostic, Outcome
from tests.fakes.host import FakeCloud
from tests.fakes.world import (
    RECORDED,
    RUNNING,
    SETTINGS,
)
from tests.features.provision.search_scene import (
    ASK,
    CUT,
    G4,
    G5,
    NO_CAPACITY,
    ORPHAN,
    QUOTA,
    REPLACED,
    TWO,
    YES,
    Scene,
)


def test_the_order_is_shown_then_each_try_and_the_winner_is_recorded(tmp_path: Path) -> None:
    """With each price before anything is asked; the record is right before each apply begins."""
    scene = Scene(tmp_path, {G5: NO_CAPACITY})
    apply(scene.world, YES)
    said = scene.reporter.said
    assert said[:5] == [
        "the host is asked for in these places, in this order; the first that AWS has is taken:",
        "     type         market     zone      USD an hour, without its disk",
        "  1  g5.xlarge    on-demand  any zone  1.006",
        "  2  g4dn.xlarge  on-demand  any zone  0.526",
        "each once; gpuinfra up --wait 2h goes on asking",
    ]
    assert said[5] == "1 of 2: g5.xlarge on-demand: no capacity (0.0 s); next: g4dn.xlarge on-demand"
    assert any(line.startswith("cost: 0.5") for line in said), "the price is that of what was won"
    assert scene.terraform.asked == [G5, G4]
    assert scene.record.written == [None, G4, G4]


def test_one_place_is_asked_as_ever(tmp_path: Path) -> None:
    """Nothing is said of places, and nothing recorded: terraform.tfvars says it all."""
    scene = Scene(tmp_path, {G4: NO_CAPACITY}, settings=SETTINGS)
    error = scene.refusal(CloudError)
    assert error.hint.startswith("set another availability_zone, instance_type or region")
    assert (scene.record.written, scene.reporter.said) == ([], [])


def test_what_was_agreed_upon_is_applied_in_the_next_place_too(tmp_path: Path) -> None:
    """One question, which says so; the saved plan is for the first place alone, and gone afterwards."""
    scene = Scene(tmp_path, {G5: NO_CAPACITY})
    apply(scene.world, ASK)
    assert scene.reporter.asked == ["Apply this plan, in the first of these places that AWS has?"]
    assert [call for call in scene.terraform.calls if call[0] == "apply"] == [
        ("apply", True, (), ()),
        ("apply", False, (), ()),
    ]
    assert not (tmp_path / "plan").exists()


def test_none_has_one(tmp_path: Path) -> None:
    """One error that says what AWS said of each, one next command, and no record of where nothing is."""
    scene = Scene(tmp_path, {G5: NO_CAPACITY, G4: QUOTA})
    error = scene.refusal(CloudError)
    assert "in any of the 2 places" in error.message
    assert "\n  g5.xlarge on-demand: AWS has no g5.xlarge in us-east-1 to give right now" in error.message
    assert "\n  g4dn.xlarge on-demand: the account's vCPU quota L-DB2E81BA" in error.message
    assert error.hint == "gpuinfra up --wait 2h   # asks again and again until AWS has one"
    assert scene.values.settings.pool is None


def test_quotas_alone_are_not_to_be_waited_for(tmp_path: Path) -> None:
    """The next step is to ask for more; --wait does not wait."""
    scene = Scene(tmp_path, {G5: QUOTA})
    error = scene.refusal(CloudError, wait_s=3600.0)
    assert error.hint.startswith("gpuinfra quota request --type g5.xlarge")
    assert (scene.terraform.asked, scene.time.now_s) == ([G5], 0.0), "one family, one quota"


def test_wait_goes_round_until_the_time_is_over(tmp_path: Path) -> None:
    """What comes next, and when it ends, is told; also for one place."""
    scene = Scene(tmp_path, {G4: NO_CAPACITY}, settings=SETTINGS)
    error = scene.refusal(CloudError, wait_s=100.0)
    assert 99.0 <= scene.time.now_s <= 100.0
    assert len(scene.terraform.asked) in (3, 4), "after 30 s, 60 s more, and at the end"
    assert error.hint.startswith("gpuinfra up --wait 2h   # more of instance_types")
    assert scene.reporter.said[0].startswith("asked again and again for up to 1 min")
    assert sum(line.startswith("no place has a host: asked again at") for line in scene.reporter.said) >= 2


def test_a_laptop_that_was_closed_meanwhile_asks_for_no_host_the_next_morning(tmp_path: Path) -> None:
    """The wait ends at the time of day that was told, and time.monotonic() stands still meanwhile."""
    scene = Scene(tmp_path, {G4: NO_CAPACITY}, settings=SETTINGS)
    closed_s = 36_000.0
    clock = dataclasses.replace(
        scene.world.clock, elapsed=lambda: scene.time.now_s + closed_s * (scene.time.now_s > 0)
    )
    scene.world = dataclasses.replace(scene.world, clock=clock)
    scene.refusal(CloudError, wait_s=7200.0)
    assert len(scene.terraform.asked) == 1, "before the first pause, in which it was closed"


def test_ctrl_c_ends_the_waiting(tmp_path: Path) -> None:
    """It says what exists and what goes on."""
    scene = Scene(tmp_path, {G4: NO_CAPACITY, G5: NO_CAPACITY})

    def stop(seconds: float) -> None:
        raise KeyboardInterrupt

    clock = dataclasses.replace(scene.world.clock, sleep=stop)
    scene.world = dataclasses.replace(scene.world, clock=clock)
    error = scene.refusal(Interrupted, wait_s=3600.0)
    assert error.message == "stopped by Ctrl-C while waiting for a host. Nothing was made."
    assert error.hint.startswith("gpuinfra up --wait 2h (goes on)")
    assert scene.values.settings.pool is None


def test_a_lost_answer_makes_no_second_host(tmp_path: Path) -> None:
    """AWS may have made one although the line broke: it is looked for before anything is asked again."""
    cloud = FakeCloud(tagged=[[], [ORPHAN]])
    scene = Scene(tmp_path, {G5: CUT}, cloud=cloud)
    error = scene.refusal(HostError)
    assert "i-0feed" in error.message
    assert error.hint.startswith("gpuinfra recover")
    assert scene.terraform.asked == [G5]


def test_a_host_that_another_terminal_made_meanwhile_is_not_touched(tmp_path: Path) -> None:
    """A further try would change or replace it."""
    scene = Scene(tmp_path, {G5: NO_CAPACITY, G4: NO_CAPACITY})

    def sleep(seconds: float) -> None:
        scene.state.made()

    clock = dataclasses.replace(scene.world.clock, sleep=sleep)
    scene.world = dataclasses.replace(scene.world, clock=clock)
    error = scene.refusal(HostError, wait_s=3600.0)
    assert f"another run has made the host {RUNNING.instance_id}" in error.message
    assert scene.terraform.asked == [G5, G4]


def test_a_host_that_is_replaced_stays_recorded_where_it_is(tmp_path: Path) -> None:
    """Its own place is asked first; each further try replaces it by name. In vain: it is where it was."""
    settings = dataclasses.replace(TWO, instance_type="g4dn.xlarge", pool=G4)
    scene = Scene(
        tmp_path, {G5: NO_CAPACITY, G4: NO_CAPACITY}, settings=settings, before=RECORDED, planned=REPLACED
    )
    scene.refusal(CloudError)
    assert scene.terraform.asked == [G4, G5]
    assert [call for call in scene.terraform.calls if call[0] == "apply"] == [
        ("apply", True, (), ()),
        ("apply", False, (INSTANCE,), ()),
    ]
    assert scene.values.settings.pool == G4


def test_a_new_host_that_dies_while_it_replaces_another_ends_it(tmp_path: Path) -> None:
    """Terraform would remove the old one before the next place has said yes: that is the user's to decide."""
    died = "unexpected state 'terminated', wanted target 'running'. last error: Server."
    late = Diagnostic(
        severity="error", summary="waiting for EC2 Instance", detail=f"{died}{NO_CAPACITY}: none"
    )
    settings = dataclasses.replace(TWO, instance_type="g4dn.xlarge", pool=G4)
    scene = Scene(
        tmp_path,
        {G4: Outcome(ok=False, diagnostics=(late,))},
        settings=settings,
        before=RECORDED,
        planned=REPLACED,
    )
    error = scene.refusal(CloudError)
    assert f"the old one, {RUNNING.instance_id}, still runs" in error.message
    assert error.hint.startswith("gpuinfra plan")
    assert scene.terraform.asked == [G4]
