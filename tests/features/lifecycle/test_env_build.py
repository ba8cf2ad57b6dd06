"""A build on the host, followed from here: lost connections, failures, cuts, Ctrl-C."""

import json
from pathlib import Path

import pytest

from gpuinfra.features.lifecycle import env_build
from gpuinfra.ground.errors import HostError, Interrupted, Unreachable
from tests.features.lifecycle.env_scene import AFTER, BEFORE, Pressed, Scene, at_work, ended


def test_a_failure_names_the_step_the_reason_the_log_and_the_next_command(tmp_path: Path) -> None:
    """The old environment is whole, and said to be."""
    failed = ended(
        state="failed", permanent=True, rc=1, message="conda: no", error="Solving\nNotFound: pandsa\n"
    )
    with pytest.raises(HostError, match="'env-conda' \\(exit code 1\\) and was removed") as caught:
        Scene(tmp_path, BEFORE, failed, BEFORE).apply()
    assert "'gpu' is whole and stays in use: conda: no" in caught.value.message
    assert "NotFound: pandsa" in caught.value.message
    assert "/var/log/gpuinfra/bootstrap.log" in caught.value.hint
    assert caught.value.hint.endswith("then edit the file, and gpuinfra env apply")
    passing = ended(state="failed", rc=75, message="no network")
    with pytest.raises(HostError) as caught:
        Scene(tmp_path, BEFORE, passing, BEFORE).apply()
    assert caught.value.hint.endswith("or once more: gpuinfra env apply")


@pytest.mark.parametrize(
    "seen", [ended(step="env-pip"), ended(boot_id="another"), ended(state="done"), "unit dead"]
)
def test_a_build_that_was_cut_off_is_told(seen: str, tmp_path: Path) -> None:
    """A reboot, kill -9, or both before its first word: nobody waits for what does not come."""
    with pytest.raises(HostError, match=r"cut off.* 'gpu' is whole and stays in use") as caught:
        Scene(tmp_path, BEFORE, seen, BEFORE).apply()
    assert caught.value.hint == "gpuinfra env apply"


def test_a_failure_is_told_once_the_host_has_tidied_up(tmp_path: Path) -> None:
    """While the unit removes the half-built one, another apply would be refused."""
    failing = {"state": "failed", "permanent": True, "rc": 1}
    scene = Scene(tmp_path, BEFORE, at_work(**failing), BEFORE, ended(**failing), BEFORE)
    with pytest.raises(HostError, match="was removed"):
        scene.apply()
    assert scene.time.now_s == env_build.POLL_S


def test_a_lost_connection_is_found_again(tmp_path: Path) -> None:
    """The host needs none; the laptop looks until it answers."""
    scene = Scene(tmp_path, BEFORE, at_work(), BEFORE, None, BEFORE, at_work(), AFTER)
    assert scene.apply().environment == "gpu-2"


def test_a_host_that_stays_silent_is_given_up_by_the_laptop_alone(tmp_path: Path) -> None:
    """The same command looks again."""
    scene = Scene(tmp_path, BEFORE, None)
    with pytest.raises(Unreachable, match="the host goes on by itself") as caught:
        scene.apply()
    assert scene.time.now_s > env_build.SILENCE_S
    assert caught.value.hint.startswith("gpuinfra env apply")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"state": "busy"}, "is at work there; nothing was changed"),
        ({"state": "damaged"}, "did not begin: damaged"),
        ({"state": "not started: no bus"}, "did not begin: not started: no bus"),
    ],
)
def test_a_host_that_does_not_begin_is_explained(answer: dict[str, str], says: str, tmp_path: Path) -> None:
    """Another build, or what systemd said."""
    with pytest.raises(HostError, match=says):
        Scene(tmp_path, BEFORE, answer=json.dumps(answer)).apply()


def test_the_same_files_are_followed_where_they_are_built_already(tmp_path: Path) -> None:
    """After a lost laptop the same command goes on watching."""
    scene = Scene(tmp_path, BEFORE, at_work(), AFTER, answer=json.dumps({"state": "running"}))
    assert scene.apply().changed
    assert "the host is at work on these very files already" in scene.reporter.said


def test_ctrl_c_stops_the_watching_only(tmp_path: Path) -> None:
    """And says so."""
    scene = Scene(tmp_path, BEFORE, at_work(), time=Pressed())
    with pytest.raises(Interrupted, match="the host goes on by itself"):
        scene.apply()
