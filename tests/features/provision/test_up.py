"""`apply`: what is checked, asked and applied; what a failed run tells its user."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.features.provision.up import Consent, apply
from gpuinfra.ground import errors
from gpuinfra.ground.model import Change, Outcome, Record
from gpuinfra.tools.files import MIN_FREE_MB
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import (
    RECORDED,
    RUNNING,
    SETTINGS,
    FakeReporter,
    FakeStackFiles,
    FakeState,
    FakeTerraform,
    FakeValues,
)
from tests.samples import refusal

YES, ASK = Consent(yes=True), Consent(yes=False)
NEW = Change(address=INSTANCE, action="create")
MADE = Outcome(ok=True, added=1, changes=(NEW,))
# Everything but the host: what an apply leaves that AWS refused at RunInstances.
PARTIAL = Record(resources={"module.host.module.security_group.aws_security_group.this": "sg-1"})
WITH_ADDRESS = Record(resources={'module.host.module.network["own"].aws_eip.nat["nat"]': "eipalloc-1"})
ORPHAN = dataclasses.replace(RUNNING, instance_id="i-0feed", launched="2026-01-02T03:04:05Z")


def failed(**more: Any) -> Outcome:
    """Return the outcome of a run that did not succeed."""
    return Outcome(ok=False, **more)


def test_yes_applies_in_one_go(tmp_path: Path) -> None:
    """With --yes the provider is started once; the recorded host is returned."""
    terraform = FakeTerraform(MADE)
    host = apply(fake_world(tmp_path, terraform=terraform, records=(Record(), RECORDED)), YES)
    assert terraform.calls == [("init",), ("apply", False, (), ())]
    assert host == RECORDED.host


def test_asking_applies_the_plan_that_was_shown(tmp_path: Path) -> None:
    """Without --yes the saved plan is applied, and deleted: it holds user-data in clear."""
    terraform, reporter = FakeTerraform(MADE), FakeReporter(answer=True)
    made = fake_world(tmp_path, terraform=terraform, reporter=reporter, records=(Record(), RECORDED))
    apply(made, ASK)
    assert terraform.calls == [("init",), ("plan", ()), ("apply", True, (), ())]
    assert "    + host (EC2 instance)" in reporter.said
    assert list(tmp_path.iterdir()) == []


def test_no_changes_nothing(tmp_path: Path) -> None:
    """No means no: nothing is applied, the plan is deleted, the exit code is a user's decision."""
    terraform = FakeTerraform(MADE)
    made = fake_world(tmp_path, terraform=terraform, reporter=FakeReporter(answer=False), records=(Record(),))
    with pytest.raises(errors.Declined, match="nothing was changed"):
        apply(made, ASK)
    assert terraform.calls == [("init",), ("plan", ())]
    assert list(tmp_path.iterdir()) == []


def test_edits_are_shown_in_detail(tmp_path: Path) -> None:
    """Only an edit or a replacement is worth a second start of the provider to show its arguments."""
    edit = Change(address=INSTANCE, action="update")
    terraform = FakeTerraform(Outcome(ok=True, changed=1, changes=(edit,)))
    apply(fake_world(tmp_path, terraform=terraform), ASK)
    assert ("details",) in terraform.calls


@pytest.mark.parametrize("yes", [True, False])
def test_up_to_date_is_said(yes: bool, tmp_path: Path) -> None:
    """Nothing to do is said, nothing is asked, and the host is returned."""
    reporter = FakeReporter(answer=False)
    host = apply(fake_world(tmp_path, reporter=reporter), Consent(yes=yes))
    assert (host, reporter.asked) == (RECORDED.host, [])
    assert "up to date: nothing had to be changed" in reporter.said


def test_new_outputs_alone_are_not_asked_about(tmp_path: Path) -> None:
    """An address that has changed is recorded without a question: no resource is touched."""
    terraform, reporter = FakeTerraform(Outcome(ok=True, outputs_changed=True)), FakeReporter(answer=False)
    apply(fake_world(tmp_path, terraform=terraform, reporter=reporter), ASK)
    assert ("apply", True, (), ()) in terraform.calls


@pytest.mark.parametrize(
    ("record", "calls"),
    [(RECORDED, [("plan", (INSTANCE,)), ("apply", True, (), ())]), (Record(), [("apply", False, (), ())])],
)
def test_upgrade_image_replaces_the_host(record: Record, calls: list[Any], tmp_path: Path) -> None:
    """A newer image is a new host; where there is none, it is a plain apply."""
    terraform = FakeTerraform(MADE)
    world = fake_world(tmp_path, terraform=terraform, records=(record, RECORDED))
    apply(world, Consent(yes=True, replace=True), upgrade_image=True)
    assert terraform.calls[1:] == calls


TAKEN_BACK = Record(resources={INSTANCE: "i-0"})  # by EC2 before it ran; its apply was killed then


@pytest.mark.parametrize(
    "record", [Record(), PARTIAL, TAKEN_BACK, dataclasses.replace(RECORDED, is_older=True)]
)
def test_a_lost_host_is_refused(record: Record, tmp_path: Path) -> None:
    """A host with our tags that the state does not name, or an older one does not yet: no second is made."""
    terraform = FakeTerraform(MADE)
    made = fake_world(tmp_path, terraform=terraform, records=(record,), cloud=FakeCloud(tagged=[[ORPHAN]]))
    with pytest.raises(errors.HostError, match=r"i-0feed \(g4dn.xlarge, running, since 2026-01-02") as caught:
        apply(made, YES)
    assert caught.value.hint == "gpuinfra recover (takes it over) or gpuinfra destroy (removes it)"
    assert terraform.calls == []


def test_a_recorded_host_is_not_looked_for(tmp_path: Path) -> None:
    """While the state names a host an apply cannot make another: one call to AWS less."""
    cloud = FakeCloud(tagged=[[ORPHAN]])
    assert apply(fake_world(tmp_path, cloud=cloud), YES) == RECORDED.host


def test_a_full_disk_is_refused_before_anything_else(tmp_path: Path) -> None:
    """A state that cannot be written is a lost host."""
    files = FakeStackFiles(tmp_path, free_mb=MIN_FREE_MB - 1)
    with pytest.raises(errors.ConfigError, match=f"{MIN_FREE_MB - 1} MB free"):
        apply(fake_world(tmp_path, files=files), YES)
    assert files.rendered == []


def test_another_stacks_values_are_refused(tmp_path: Path) -> None:
    """A copied terraform.tfvars would take over the other stack's names and tags."""
    values = FakeValues(dataclasses.replace(SETTINGS, stack="b"))
    with pytest.raises(errors.ConfigError, match="stack = 'b'") as caught:
        apply(fake_world(tmp_path, values=values), YES)
    assert caught.value.hint == 'set stack = "default" in it'


def test_warnings_about_the_environment_are_told(tmp_path: Path) -> None:
    """What rendering finds worth a warning reaches the user."""
    files, reporter = FakeStackFiles(tmp_path), FakeReporter()
    files.warnings = ("defaults costs money",)
    apply(fake_world(tmp_path, files=files, reporter=reporter), YES)
    assert reporter.said[0] == "defaults costs money"


def fail_with(outcome: Outcome, tmp_path: Path, **parts: Any) -> errors.GpuInfraError:
    """Apply with a Terraform that fails; return the error."""
    with pytest.raises(errors.GpuInfraError) as caught:
        apply(fake_world(tmp_path, terraform=FakeTerraform(outcome), **parts), YES)
    return caught.value


def test_a_refusal_of_aws_is_explained(tmp_path: Path) -> None:
    """AWS's code decides the words and the exit code."""
    error = fail_with(failed(diagnostics=(refusal("VcpuLimitExceeded"),)), tmp_path, records=(Record(),))
    assert isinstance(error, errors.CloudError)
    assert "L-DB2E81BA" in error.message


@pytest.mark.parametrize(
    ("record", "tagged", "says"),
    [
        (Record(), [], "Nothing was made."),
        (WITH_ADDRESS, [], "1 other resources exist (public address (Elastic IP) nat cost money)."),
        (PARTIAL, [], "No host is recorded; 1 other resources exist (they cost nothing)."),
        (RECORDED, [], f"There is a host: {RUNNING.instance_id}"),
        (PARTIAL, [ORPHAN], "AWS shows a host that the state does not name: i-0feed"),
    ],
)
def test_ctrl_c_says_what_exists(record: Record, tagged: list[Any], says: str, tmp_path: Path) -> None:
    """After Ctrl-C the user knows what exists, what costs money, and both ways on."""
    cloud = FakeCloud(tagged=[[], tagged] if not record.host else [tagged])
    error = fail_with(failed(interrupted=True), tmp_path, records=(Record(), record), cloud=cloud)
    assert isinstance(error, errors.Interrupted)
    assert says in error.message
    on = "gpuinfra recover (takes it over)" if tagged else "gpuinfra up (goes on)"
    assert error.hint == f"{on} or gpuinfra destroy (removes it)"


def test_a_state_that_could_not_be_saved_comes_first(tmp_path: Path) -> None:
    """Whatever else went wrong: the only record of the host is where the message says."""
    state = FakeState(Record(), rescued=Path("/safe/copy.tfstate"))
    error = fail_with(failed(interrupted=True, unsaved_state="{}"), tmp_path, state=state)
    assert isinstance(error, errors.TerraformError)
    assert "It is safe in /safe/copy.tfstate" in error.message
    assert error.hint.endswith("cp /safe/copy.tfstate terraform.tfstate")


def test_success_without_a_host_is_an_error(tmp_path: Path) -> None:
    """Outputs that were edited away are named, not a traceback."""
    assert "outputs name no host" in fail_with(MADE, tmp_path, records=(Record(),)).message
