"""`apply`: what is checked, asked and applied; what a failed run tells its user."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.actions.apply import apply
from gpuinfra.actions.common import INSTANCE, MIN_FREE_MB
from gpuinfra.errors import CloudError, ConfigError, GpuInfraError, HostError, Interrupted, TerraformError
from gpuinfra.model import Change, Diagnostic, Outcome, Record
from tests.fakes import (
    RECORDED,
    RUNNING,
    SETTINGS,
    FakeNarrator,
    FakeState,
    FakeTerraform,
    FakeValues,
    FakeWorkspace,
)
from tests.fakes_host import FakeCloud, ports

NEW = Change(address=INSTANCE, action="create")
MADE = Outcome(ok=True, added=1, changes=(NEW,))
EMPTY = Record()
# Everything but the host: what an apply leaves that AWS refused at RunInstances.
PARTIAL = Record(resources={"module.host.module.security_group.aws_security_group.this": "sg-1"})
ORPHAN = dataclasses.replace(RUNNING, instance_id="i-0feed", launched="2026-01-02T03:04:05Z")


def failed(**more: Any) -> Outcome:
    """Return the outcome of a run that did not succeed."""
    return Outcome(ok=False, **more)


def refusal(code: str) -> Diagnostic:
    """Return Terraform's words for a refusal of AWS."""
    text = f"operation error EC2: RunInstances, https response error, api error {code}: Not today."
    return Diagnostic(severity="error", summary="creating EC2 Instance", detail=text)


def test_yes_applies_in_one_go(tmp_path: Path) -> None:
    """With --yes the provider is started once; the recorded host is returned."""
    terraform = FakeTerraform(MADE)
    host = apply(
        ports(tmp_path, terraform=terraform, records=(EMPTY, RECORDED)), yes=True, upgrade_image=False
    )
    assert terraform.calls == [("init",), ("apply", False, (), ())]
    assert host == RECORDED.host


def test_yes_tells_what_a_network_of_our_own_costs(tmp_path: Path) -> None:
    """No plan is shown, so the price is said afterwards."""
    nat = Change(address='module.host.module.network["own"].aws_nat_gateway.this["nat"]', action="create")
    terraform, narrator = FakeTerraform(dataclasses.replace(MADE, changes=(NEW, nat))), FakeNarrator()
    apply(ports(tmp_path, terraform=terraform, narrator=narrator), yes=True, upgrade_image=False)
    assert sum("USD an hour" in line for line in narrator.said) == 1


def test_asking_applies_the_plan_that_was_shown(tmp_path: Path) -> None:
    """Without --yes the saved plan is applied, and deleted: it holds user-data in clear."""
    terraform, narrator = FakeTerraform(MADE), FakeNarrator(answer=True)
    made = ports(tmp_path, terraform=terraform, narrator=narrator, records=(EMPTY, RECORDED))
    apply(made, yes=False, upgrade_image=False)
    assert terraform.calls == [("init",), ("plan", ()), ("apply", True, (), ())]
    assert narrator.plans == [(NEW,)]
    assert list(tmp_path.iterdir()) == []


def test_no_changes_nothing(tmp_path: Path) -> None:
    """No means no: nothing is applied, the plan is deleted, the exit code is a user's decision."""
    terraform = FakeTerraform(MADE)
    made = ports(tmp_path, terraform=terraform, narrator=FakeNarrator(answer=False), records=(EMPTY,))
    with pytest.raises(ConfigError, match="nothing was changed"):
        apply(made, yes=False, upgrade_image=False)
    assert terraform.calls == [("init",), ("plan", ())]
    assert list(tmp_path.iterdir()) == []


def test_edits_are_shown_in_detail(tmp_path: Path) -> None:
    """Only an edit or a replacement is worth a second start of the provider to show its arguments."""
    edit = Change(address=INSTANCE, action="update")
    terraform = FakeTerraform(Outcome(ok=True, changed=1, changes=(edit,)))
    apply(ports(tmp_path, terraform=terraform), yes=False, upgrade_image=False)
    assert ("details",) in terraform.calls


@pytest.mark.parametrize("yes", [True, False])
def test_up_to_date_is_said(yes: bool, tmp_path: Path) -> None:
    """Nothing to do is said, nothing is asked, and the host is returned."""
    narrator = FakeNarrator(answer=False)
    host = apply(ports(tmp_path, narrator=narrator), yes=yes, upgrade_image=False)
    assert (host, narrator.asked) == (RECORDED.host, [])
    assert "up to date: nothing had to be changed" in narrator.said


def test_new_outputs_alone_are_not_asked_about(tmp_path: Path) -> None:
    """An address that has changed is recorded without a question: no resource is touched."""
    terraform, narrator = FakeTerraform(Outcome(ok=True, outputs_changed=True)), FakeNarrator(answer=False)
    apply(ports(tmp_path, terraform=terraform, narrator=narrator), yes=False, upgrade_image=False)
    assert ("apply", True, (), ()) in terraform.calls


@pytest.mark.parametrize(("record", "replaced"), [(RECORDED, (INSTANCE,)), (EMPTY, ())])
def test_upgrade_image_replaces_the_host(record: Record, replaced: tuple[str, ...], tmp_path: Path) -> None:
    """A newer image is a new host; where there is none, it is a plain apply."""
    terraform = FakeTerraform(MADE)
    apply(ports(tmp_path, terraform=terraform, records=(record, RECORDED)), yes=True, upgrade_image=True)
    assert terraform.calls[-1] == ("apply", False, replaced, ())


@pytest.mark.parametrize("record", [EMPTY, PARTIAL])
def test_a_lost_host_is_refused(record: Record, tmp_path: Path) -> None:
    """A host with our tags that the state does not name: no second one is made."""
    terraform = FakeTerraform(MADE)
    made = ports(tmp_path, terraform=terraform, records=(record,), cloud=FakeCloud(tagged=[[ORPHAN]]))
    with pytest.raises(HostError, match=r"i-0feed \(g4dn.xlarge, running, since 2026-01-02") as caught:
        apply(made, yes=True, upgrade_image=False)
    assert caught.value.hint.startswith("gpuinfra destroy")
    assert terraform.calls == []


def test_a_recorded_host_is_not_looked_for(tmp_path: Path) -> None:
    """While the state names a host an apply cannot make another: one call to AWS less."""
    cloud = FakeCloud(tagged=[[ORPHAN]])
    assert apply(ports(tmp_path, cloud=cloud), yes=True, upgrade_image=False) == RECORDED.host


def test_a_full_disk_is_refused_before_anything_else(tmp_path: Path) -> None:
    """A state that cannot be written is a lost host."""
    workspace = FakeWorkspace(tmp_path, free_mb=MIN_FREE_MB - 1)
    with pytest.raises(ConfigError, match=f"{MIN_FREE_MB - 1} MB free"):
        apply(ports(tmp_path, workspace=workspace), yes=True, upgrade_image=False)
    assert workspace.rendered == []


def test_another_stacks_values_are_refused(tmp_path: Path) -> None:
    """A copied terraform.tfvars would take over the other stack's names and tags."""
    values = FakeValues(dataclasses.replace(SETTINGS, stack="b"))
    with pytest.raises(ConfigError, match="stack = 'b'") as caught:
        apply(ports(tmp_path, values=values), yes=True, upgrade_image=False)
    assert caught.value.hint == 'set stack = "default" in it'


def test_warnings_about_the_environment_are_told(tmp_path: Path) -> None:
    """What rendering finds worth a warning reaches the user."""
    workspace, narrator = FakeWorkspace(tmp_path), FakeNarrator()
    workspace.warnings = ("defaults costs money",)
    apply(ports(tmp_path, workspace=workspace, narrator=narrator), yes=True, upgrade_image=False)
    assert narrator.said[0] == "defaults costs money"


def fail_with(outcome: Outcome, tmp_path: Path, **parts: Any) -> GpuInfraError:
    """Apply with a Terraform that fails; return the error."""
    with pytest.raises(GpuInfraError) as caught:
        apply(ports(tmp_path, terraform=FakeTerraform(outcome), **parts), yes=True, upgrade_image=False)
    return caught.value


def test_a_refusal_of_aws_is_explained(tmp_path: Path) -> None:
    """AWS's code decides the words and the exit code."""
    error = fail_with(failed(diagnostics=(refusal("VcpuLimitExceeded"),)), tmp_path, records=(EMPTY,))
    assert isinstance(error, CloudError)
    assert "L-DB2E81BA" in error.message


@pytest.mark.parametrize(
    ("record", "tagged", "says"),
    [
        (EMPTY, [], "Nothing was made."),
        (PARTIAL, [], "No host is recorded; 1 other resources exist (they cost nothing)."),
        (RECORDED, [], f"There is a host: {RUNNING.instance_id}"),
        (PARTIAL, [ORPHAN], "AWS shows a host that the state does not name: i-0feed"),
    ],
)
def test_ctrl_c_says_what_exists(record: Record, tagged: list[Any], says: str, tmp_path: Path) -> None:
    """After Ctrl-C the user knows what exists, what costs money, and both ways on."""
    cloud = FakeCloud(tagged=[[], tagged] if not record.host else [tagged])
    error = fail_with(failed(interrupted=True), tmp_path, records=(EMPTY, record), cloud=cloud)
    assert isinstance(error, Interrupted)
    assert says in error.message
    assert error.hint == "gpuinfra up (goes on) or gpuinfra destroy (removes it)"


def test_a_state_that_could_not_be_saved_comes_first(tmp_path: Path) -> None:
    """Whatever else went wrong: the only record of the host is where the message says."""
    state = FakeState(EMPTY, rescued=Path("/safe/copy.tfstate"))
    error = fail_with(failed(interrupted=True, unsaved_state="{}"), tmp_path, state=state)
    assert isinstance(error, TerraformError)
    assert "It is safe in /safe/copy.tfstate" in error.message
    assert error.hint.endswith("cp /safe/copy.tfstate terraform.tfstate")


def test_success_without_a_host_is_an_error(tmp_path: Path) -> None:
    """Outputs that were edited away are named, not a traceback."""
    error = fail_with(MADE, tmp_path, records=(EMPTY,))
    assert "outputs name no host" in error.message
