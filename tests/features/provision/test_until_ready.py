"""`up --until-ready`: what there is after each way in which it may end, or be cut off."""

from pathlib import Path

import pytest

from gpuinfra.features.provision import kept_host, kept_text
from gpuinfra.features.provision.go_back import go_back
from gpuinfra.features.provision.until_ready import beside, settle
from gpuinfra.features.provision.up import apply, up
from gpuinfra.ground.errors import CloudError, ConfigError, Declined, HostError, Interrupted, TerraformError
from gpuinfra.ground.model import Change, Outcome
from tests.fakes.host import REFUSED as REFUSED_LOGIN
from tests.fakes.host import FakeSshClient
from tests.fakes.world import FakeReporter
from tests.features.provision.kept_scene import (
    NEW,
    OLD,
    REFUSED,
    STRANGER,
    YES,
    Scene,
    instance,
    state_text,
)
from tests.features.provision.test_up_key import NONE_NEEDED
from tests.ground.test_boot_status import look
from tests.tools.terraform.states import lock


def test_a_new_host_is_made_beside_the_old_one(tmp_path: Path) -> None:
    """Both are there, and told with the price of each; the plan that is applied ends nothing."""
    scene = Scene(tmp_path)
    made = apply(scene.world, YES, keep_old=True)
    assert made.instance_id == NEW
    assert scene.now == (NEW, True, {OLD, NEW})
    assert (scene.cloud.terminated, kept_host.path(scene.world.files).stat().st_mode & 0o777) == ([], 0o600)
    kept = f"! {OLD} is kept until the new host is proven; until then both cost money: 0.5"
    assert any(line.startswith(kept) for line in scene.reporter.said)


def test_without_the_option_nothing_is_kept(tmp_path: Path) -> None:
    """Terraform replaces the host, and ends the old one."""
    scene = Scene(tmp_path)
    apply(scene.world, YES)
    assert scene.now == (NEW, False, {OLD, NEW}), "the old one is Terraform's to end"


def test_refused_by_aws_all_is_as_before(tmp_path: Path) -> None:
    """The old host is the host, and the error says so."""
    scene = Scene(tmp_path)
    scene.terraform.made, scene.terraform.ends = "", REFUSED
    with pytest.raises(CloudError, match=f"The host {OLD} is as it was"):
        apply(scene.world, YES, keep_old=True)
    assert scene.now == (OLD, False, {OLD})


def test_a_half_made_host_goes(tmp_path: Path) -> None:
    """Ctrl-C before its outputs were known: nobody has used it; what the error says is true then."""
    scene = Scene(tmp_path)
    scene.terraform.named, scene.terraform.ends = OLD, Outcome(ok=False, interrupted=True)
    with pytest.raises(
        Interrupted, match=rf"^stopped by Ctrl-C; the host {OLD} is as it was\n  next: gpuinfra up"
    ):
        apply(scene.world, YES, keep_old=True)
    assert (scene.now, scene.cloud.terminated) == ((OLD, False, {OLD}), [NEW])


def test_a_whole_host_whose_apply_failed_later_stays(tmp_path: Path) -> None:
    """Both stay: which one is recorded, what both cost, and one next command."""
    scene = Scene(tmp_path)
    scene.terraform.ends = REFUSED
    with pytest.raises(CloudError) as caught:
        apply(scene.world, YES, keep_old=True)
    assert scene.now == (NEW, True, {OLD, NEW})
    assert f"\n{NEW} is the host that is recorded. {OLD} (g4dn.xlarge, running) at " in caught.value.message
    assert "both together cost 1.0" in caught.value.message
    assert caught.value.hint.startswith(f"gpuinfra recover   # goes back to {OLD}. Or mend it")


def test_what_else_would_go_is_refused(tmp_path: Path) -> None:
    """The old host may need it; nothing is done, and the question is not asked."""
    scene = Scene(tmp_path)
    group = "module.host.module.security_group.aws_security_group.this"
    scene.terraform.more = (Change(address=group, action="delete"),)
    with pytest.raises(ConfigError, match=r"also ends its security group \(module"):
        apply(scene.world, YES, keep_old=True)
    assert scene.now == (OLD, False, {OLD})
    assert not [call for call in scene.terraform.calls if call[0] == "apply"]


def test_another_plan_beside_the_old_host_is_not_applied(tmp_path: Path) -> None:
    """Only what was agreed upon is; the old one is the host, as before."""
    scene = Scene(tmp_path)
    scene.terraform.more_beside = (Change(address="aws_eip.x", action="create"),)
    with pytest.raises(TerraformError, match="would do something else than what was agreed upon"):
        apply(scene.world, YES, keep_old=True)
    assert scene.now == (OLD, False, {OLD})


def test_a_record_that_changed_since_the_plan_is_left_alone(tmp_path: Path) -> None:
    """Another run was quicker while the user read the question: its hosts and its file stay."""
    scene = Scene(tmp_path, instance(OLD), instance(NEW))
    record = scene.state.read()
    scene.state.path.write_text(state_text(NEW))
    with pytest.raises(TerraformError, match="another run is at work"), beside(scene.world, record):
        raise AssertionError("nothing is applied")
    assert (scene.now, scene.cloud.terminated) == ((NEW, False, {OLD, NEW}), [])
    scene.keep()
    with pytest.raises(HostError, match="there are never three"), beside(scene.world, record):
        raise AssertionError("nothing is applied")
    assert scene.now == (NEW, True, {OLD, NEW})


def test_never_a_third_host(tmp_path: Path) -> None:
    """While one is kept no plan that makes another is applied; the way back is named."""
    scene = Scene(tmp_path, instance(OLD), instance(NEW), recorded=NEW)
    scene.keep()
    for keep_old in (True, False):
        with pytest.raises(HostError, match="there are never three") as caught:
            apply(scene.world, YES, keep_old=keep_old)
        assert caught.value.hint.startswith("gpuinfra recover")
    assert scene.now == (NEW, True, {OLD, NEW})


def test_ready_and_not_waited_for_exclude_each_other(tmp_path: Path) -> None:
    """Refused before anything is asked."""
    scene = Scene(tmp_path)
    with pytest.raises(ConfigError, match="--no-wait"):
        up(scene.world, NONE_NEEDED, YES, wait=False, keep_old=True)
    assert (scene.terraform.calls, scene.now) == ([], (OLD, False, {OLD}))


def test_the_old_one_goes_once_the_new_one_is_proven(tmp_path: Path) -> None:
    """Also by an `up` without the option; its bill is told, its keys are forgotten."""
    ssh = FakeSshClient(looks=[look(state="done", rc=0)], is_open=True)
    ssh.keys[NEW] = ["key"]
    scene = Scene(tmp_path, instance(OLD), instance(NEW), recorded=NEW, ssh=ssh)
    scene.keep()
    scene.terraform.is_up_to_date = True
    up(scene.world, NONE_NEEDED, YES)
    assert (scene.now, scene.cloud.terminated) == ((NEW, False, {NEW}), [OLD])
    assert ssh.forgotten == [OLD]
    assert any(line.startswith(f"receipt: stack 'default', {OLD}") for line in scene.reporter.said)


def test_a_proof_that_fails_keeps_both(tmp_path: Path) -> None:
    """Its error tells of both."""
    ssh = FakeSshClient(looks=[REFUSED_LOGIN], is_open=True)
    ssh.keys[NEW] = ["key"]
    scene = Scene(tmp_path, ssh=ssh)
    with pytest.raises(HostError, match=f"{OLD} .* is kept; both together cost"):
        up(scene.world, NONE_NEEDED, YES, keep_old=True)
    assert scene.now == (NEW, True, {OLD, NEW})


@pytest.mark.parametrize(
    ("recorded", "named", "goes", "there", "after"),
    [
        (OLD, "", "", [OLD], (OLD, False, {OLD})),
        (OLD, "", "", [OLD, NEW], (OLD, False, {OLD})),
        (OLD, "", NEW, [OLD, NEW], (OLD, False, {OLD})),
        ("", "", "", [OLD], (OLD, False, {OLD})),
        ("", "", "", [OLD, NEW], (OLD, False, {OLD})),
        (NEW, OLD, "", [OLD, NEW], (OLD, False, {OLD})),
        (NEW, "", "", [OLD, NEW], (NEW, True, {OLD, NEW})),
        (NEW, "", "", [NEW], (NEW, False, {NEW})),
        (NEW, "", NEW, [OLD, NEW], (NEW, True, {OLD, NEW})),
    ],
)
def test_whatever_was_killed_is_settled(
    recorded: str,
    named: str,
    goes: str,
    there: list[str],
    after: tuple[str, bool, set[str]],
    tmp_path: Path,
) -> None:
    """By the file, the record and EC2: two hosts are in use, or one is left; twice is as once."""
    scene = Scene(tmp_path, *map(instance, there))
    scene.state.path.write_text(state_text(recorded, named=named))
    scene.keep(goes=goes)
    settle(scene.world)
    assert scene.now == after
    settle(scene.world)
    assert scene.now == after


def test_strangers_are_left_alone(tmp_path: Path) -> None:
    """One that was there before, and one with another clone's group: both have our tags."""
    theirs = instance(NEW, group="sg-0000000000000000a")
    scene = Scene(tmp_path, instance(OLD), instance(STRANGER), theirs, recorded="")
    scene.keep(others=(OLD, STRANGER))
    settle(scene.world)
    assert (scene.now, scene.cloud.terminated) == ((OLD, False, {OLD, STRANGER, NEW}), [])


def test_while_terraform_goes_on_nothing_is_touched(tmp_path: Path) -> None:
    """Its caller was killed, it was not: it may be making the host just now."""
    scene = Scene(tmp_path, instance(OLD), instance(NEW), recorded="")
    scene.keep()
    lock(scene.state.path)
    with pytest.raises(TerraformError, match="another run is using"):
        settle(scene.world)
    assert (scene.now, scene.cloud.terminated) == (("", True, {OLD, NEW}), [])


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"before": {}, "goes": "", "others": []}', "\x00" * 99])
def test_a_damaged_file_names_no_host(text: str, tmp_path: Path) -> None:
    """Its host is told as any that Terraform does not know."""
    scene = Scene(tmp_path)
    kept_host.path(scene.world.files).write_text(text)
    assert kept_host.read(scene.world.files) is None


def test_ids_that_ec2_does_not_give_are_refused(tmp_path: Path) -> None:
    """They would come with somebody else's directory."""
    scene = Scene(tmp_path)
    scene.keep(goes="--all")
    assert kept_host.read(scene.world.files) is None


def test_no_way_back_without_a_yes(tmp_path: Path) -> None:
    """Both stay as they are; no copy of the record is left."""
    scene = Scene(tmp_path, instance(OLD), instance(NEW), recorded=NEW, reporter=FakeReporter(answer=False))
    scene.keep()
    kept = kept_host.read(scene.world.files)
    assert kept
    with pytest.raises(Declined, match="both hosts are kept"):
        go_back(scene.world, kept, yes=False)
    assert scene.now == (NEW, True, {OLD, NEW})
    assert [it.name for it in scene.state.path.parent.iterdir()] == ["terraform.tfstate"]


def test_no_way_back_to_a_host_that_is_gone(tmp_path: Path) -> None:
    """Said, with what goes on."""
    scene = Scene(tmp_path, instance(NEW), recorded=NEW)
    scene.keep()
    kept = kept_host.read(scene.world.files)
    assert kept
    with pytest.raises(HostError, match="no way back"):
        go_back(scene.world, kept, yes=True)


def test_status_of_a_run_that_was_cut_off(tmp_path: Path) -> None:
    """It says what puts it in order."""
    scene = Scene(tmp_path, recorded="")
    scene.keep()
    assert kept_text.row(scene.world) == f"{OLD}: a run was cut off; gpuinfra up puts in order what it left"
