"""A state that was cut off by kill -9 in the middle of a write: what it held before that run counts."""

from pathlib import Path

import pytest

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Record
from gpuinfra.tools.terraform.state import LocalState
from gpuinfra.tools.terraform.state_copy import kept
from tests import samples
from tests.tools.terraform.states import lock

HALVES = ["", samples.STATE[:200], samples.STATE[: len(samples.STATE) // 2]]


@pytest.fixture
def state(tmp_path: Path) -> LocalState:
    """A state file of a host."""
    path = tmp_path / "terraform.tfstate"
    path.write_text(samples.STATE)
    return LocalState(path, stack="default", rescue_directories=())


def die(state: LocalState, text: str) -> None:
    """Leave what a run leaves that is killed when so much is written."""
    run = kept(state.path)
    run.__enter__()
    state.path.write_text(text)


def names(state: LocalState) -> list[str]:
    """Return the files that there are."""
    return sorted(path.name for path in state.path.parent.iterdir())


def test_a_run_that_ends_leaves_the_state_alone(state: LocalState) -> None:
    """The copy lasts as long as the run, for its owner only."""
    copy = state.path.with_name("terraform.tfstate.before")
    with kept(state.path):
        assert (copy.read_text(), copy.stat().st_mode & 0o777) == (samples.STATE, 0o600)
    assert names(state) == ["terraform.tfstate"]


@pytest.mark.parametrize("half", HALVES)
def test_what_was_recorded_before_the_run_counts(half: str, state: LocalState) -> None:
    """All read it so, and know that it is older; the next run begins with it and ends it."""
    whole = state.read()
    die(state, half)
    found = state.read()
    assert (found.host, found.resources, found.is_older) == (whole.host, whole.resources, True)
    with kept(state.path):
        assert (state.path.read_text(), state.path.stat().st_mode & 0o777) == (samples.STATE, 0o600)
    assert state.read() == whole
    assert names(state) == ["terraform.tfstate"]


def test_a_first_run_that_dies_has_recorded_nothing(state: LocalState) -> None:
    """Terraform makes an empty file to lock it: that is no damage, and no record."""
    state.path.unlink()
    die(state, "")
    assert state.read() == Record()
    with kept(state.path):
        assert not state.path.exists()
    assert names(state) == []


def test_a_whole_state_counts_although_a_run_was_killed(state: LocalState) -> None:
    """It was killed at another moment; the copy is of no use any more."""
    die(state, samples.STATE.replace('"serial"', '"serial" '))
    assert state.read().is_older is False
    with kept(state.path):
        pass
    assert names(state) == ["terraform.tfstate"]


@pytest.mark.parametrize("damaged", [*HALVES, '{"version": 3}'])
def test_what_else_has_damaged_a_state_is_refused(damaged: str, state: LocalState) -> None:
    """No run of ours was killed: nobody knows what it held, before and after a run beside it."""
    state.path.write_text(damaged)
    for _ in range(2):
        with pytest.raises(ConfigError, match="the state file"):
            state.read()
        with kept(state.path):
            pass
    assert (state.path.read_text(), names(state)) == (damaged, ["terraform.tfstate"])


def test_another_run_is_not_disturbed(state: LocalState) -> None:
    """It holds Terraform's lock and is about to write: file and copy are its own."""
    die(state, "")
    lock(state.path)
    with kept(state.path):
        assert state.path.read_text() == ""
    assert state.read().is_older
