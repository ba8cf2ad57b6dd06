"""The host that is kept: settled after a kill, gone back to, told; and the file that names it."""

from pathlib import Path

import pytest

from gpuinfra.features.provision import kept_host, kept_text
from gpuinfra.features.provision.go_back import go_back
from gpuinfra.features.provision.until_ready import settle
from gpuinfra.ground.errors import Declined, HostError, TerraformError
from tests.fakes.world import FakeReporter
from tests.features.provision.kept_scene import NEW, OLD, STRANGER, Scene, instance, state_text
from tests.tools.terraform.states import lock


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


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"before": [], "goes": ""}',
        '{"before": {}, "goes": ["x"], "others": 1}',
        pytest.param("[" * 99999, id="deep"),
        '{"before": {}, "goes": "", "others": []}',
        "\x00" * 99,
    ],
)
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
