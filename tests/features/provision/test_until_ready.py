"""`up --until-ready`: what there is after each way in which it may end, or be cut off."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.provision import kept_host
from gpuinfra.features.provision.proven import end_old
from gpuinfra.features.provision.until_ready import beside
from gpuinfra.features.provision.up import apply, up
from gpuinfra.ground.errors import CloudError, ConfigError, HostError, Interrupted, TerraformError
from gpuinfra.ground.model import Change, Host, Outcome
from gpuinfra.ground.world import World
from tests.fakes.host import REFUSED as REFUSED_LOGIN
from tests.fakes.host import FakeSshClient
from tests.features.provision.kept_scene import (
    NEW,
    OLD,
    REFUSED,
    YES,
    Scene,
    instance,
    state_text,
)
from tests.features.provision.test_up_key import NONE_NEEDED
from tests.ground.test_boot_status import look


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


@pytest.mark.parametrize(("state", "ends"), [("running", [OLD]), ("stopped", [])])
def test_the_old_one_runs_its_hook_before_it_goes(tmp_path: Path, state: str, ends: list[str]) -> None:
    """As at each other end; one that is stopped is not started for it."""
    scene = Scene(tmp_path, instance(OLD, state=state), instance(NEW), recorded=NEW)
    scene.keep()
    ended: list[str] = []

    def end_host(_: World, host: Host, __: str) -> None:
        assert scene.cloud.terminated == []
        ended.append(host.instance_id)

    made = scene.world.state.read().host
    assert made
    end_old(dataclasses.replace(scene.world, end_host=end_host), made)
    assert (ended, scene.cloud.terminated) == (ends, [OLD])


def test_a_proof_that_fails_keeps_both(tmp_path: Path) -> None:
    """Its error tells of both."""
    ssh = FakeSshClient(looks=[REFUSED_LOGIN], is_open=True)
    ssh.keys[NEW] = ["key"]
    scene = Scene(tmp_path, ssh=ssh)
    with pytest.raises(HostError, match=f"{OLD} .* is kept; both together cost"):
        up(scene.world, NONE_NEEDED, YES, keep_old=True)
    assert scene.now == (NEW, True, {OLD, NEW})
