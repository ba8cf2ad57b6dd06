"""`env apply` from here: what is refused before anything is sent, and what is said."""

import hashlib
from pathlib import Path

import pytest

from gpuinfra.ground.errors import ConfigError, HostError
from tests.features.lifecycle.env_scene import AFTER, BEFORE, OLD, Scene, at_work
from tests.ground.test_boot_status import look
from tests.samples import host


def test_it_is_sent_followed_and_told(tmp_path: Path) -> None:
    """One program takes the files by stdin; the steps are shown; what is kept is said."""
    scene = Scene(tmp_path, BEFORE, at_work(step="env-conda"), BEFORE, at_work(state="done"), AFTER)
    applied = scene.apply()
    assert (applied.changed, applied.environment, applied.before) == (True, "gpu-2", "gpu")
    ((program, sent, _),) = scene.client.ran
    assert (program[:2], program[-2:]) == (["sudo", "-n"], ["start", hashlib.sha256(b"parcel").hexdigest()])
    assert sent == b"parcel"
    assert [row.mark for row in scene.reporter.view.shown[0]] == ["done", "now", "later"]
    assert scene.reporter.said[-2:] == [
        "ready: the environment 'gpu-2' is proven (NVIDIA A10G)",
        "what runs goes on in 'gpu'; it stays on the host's disk until the next env apply",
    ]


def test_a_wrong_file_is_refused_before_anything_is_contacted(tmp_path: Path) -> None:
    """As `up` does."""
    scene = Scene(tmp_path, BEFORE)
    scene.files.refusal = ConfigError("environment.yml has 1 error")
    with pytest.raises(ConfigError, match="1 error"):
        scene.apply()
    assert (scene.ssh.addresses, scene.client.ran) == ([], [])


def test_nothing_to_do_is_said_and_nothing_is_sent(tmp_path: Path) -> None:
    """One look at the host is enough."""
    scene = Scene(tmp_path, AFTER)
    assert not scene.apply().changed
    assert scene.client.ran == []
    assert scene.reporter.said == ["nothing to do: the environment 'gpu-2' is that of the files here"]


def test_terraform_is_not_asked(tmp_path: Path) -> None:
    """User-data is a first boot's: its record does not change, so that the next plan is empty."""
    scene = Scene(tmp_path, BEFORE, at_work(), AFTER)
    scene.apply()
    assert scene.terraform.calls == []


def test_the_files_are_checked_for_the_type_that_the_host_has(tmp_path: Path) -> None:
    """terraform.tfvars may name another by now."""
    scene = Scene(tmp_path, AFTER)
    scene.apply()
    assert [settings.instance_type for settings in scene.files.rendered] == [host().instance_type]


@pytest.mark.parametrize(
    ("seen", "says", "hint"),
    [
        (look(step="env-pip"), "still sets itself up \\(running env-pip\\)", "gpuinfra status --watch"),
        (look(state="failed", permanent=True, rc=70, step="gpu"), "'gpu'", "gpuinfra ssh -- sudo reboot"),
    ],
)
def test_a_host_that_is_not_ready_is_refused(seen: str, says: str, hint: str, tmp_path: Path) -> None:
    """It is at work, or no environment can cure it; nothing is sent."""
    scene = Scene(tmp_path, seen)
    with pytest.raises(HostError, match=says) as caught:
        scene.apply()
    assert caught.value.hint.startswith(hint)
    assert scene.client.ran == []


def test_a_host_whose_first_environment_failed_is_cured(tmp_path: Path) -> None:
    """Another file may be all that it needs; there is no environment before it."""
    broken = look(state="failed", permanent=True, rc=1, made_of=OLD)
    assert Scene(tmp_path, broken, at_work(), AFTER).apply().before == ""


def test_an_edited_startup_script_is_told_not_to_run(tmp_path: Path) -> None:
    """It runs once in a host's life."""
    scene = Scene(tmp_path, BEFORE, at_work(), AFTER)
    scene.files.given["startup.sh"] = b"touch x\n"
    scene.apply()
    assert any("startup.sh is another here" in line for line in scene.reporter.said)
