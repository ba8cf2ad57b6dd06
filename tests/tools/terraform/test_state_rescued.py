"""A state that could not be written where it belongs: kept elsewhere, private, and never twice."""

import json
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.ground.errors import ConfigError
from tests import samples
from tests.tools.terraform.states import state_in


def test_a_printed_state_is_rescued(tmp_path: Path) -> None:
    """It goes elsewhere, for its owner only, under a name that no later one takes."""
    state = state_in(tmp_path)
    first = state.rescue(samples.STATE)
    later = state.rescue(json.dumps(json.loads(samples.STATE) | {"serial": 13}))
    assert first is not None
    assert later not in (None, first)
    assert first.read_text() == samples.STATE
    assert first.is_relative_to(tmp_path / "home")
    assert first.stat().st_mode & 0o777 == 0o600
    assert first.parent.stat().st_mode & 0o777 == 0o700


def test_errored_tfstate_is_rescued_once(tmp_path: Path) -> None:
    """What Terraform left beside the state is moved: left behind, it would hide a later run's error."""
    state = state_in(tmp_path)
    errored = state.path.with_name("errored.tfstate")
    errored.write_text(samples.STATE)
    rescued = state.rescue("")
    assert rescued is not None
    assert rescued.read_text() == samples.STATE
    assert not errored.exists()
    assert state.rescue("") is None


def test_where_one_place_does_not_take_it_the_next_one_does(tmp_path: Path) -> None:
    """Full, or others can write there, too; where none takes it, why not and the way out are said."""
    state = state_in(tmp_path)
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(0o777)
    assert state.rescue(samples.STATE) == next((tmp_path / "tmp").iterdir())
    (tmp_path / "tmp").rename(tmp_path / "old")
    (tmp_path / "tmp").touch()
    with pytest.raises(ConfigError, match=r"home \(it cannot be made, or .* or .*tmp \(it cannot") as caught:
        state.rescue(samples.STATE)
    assert caught.value.hint.endswith("then: gpuinfra recover")


@pytest.mark.parametrize("text", ["", "{", "no state {at} all", '{"version": 4}', '{"lineage": "x"}', "[]"])
def test_what_is_no_state_is_not_rescued(text: str, tmp_path: Path) -> None:
    """A half is no record; errored.tfstate of 0 bytes neither."""
    state = state_in(tmp_path)
    state.path.with_name("errored.tfstate").touch()
    assert state.rescue(text) is None
    assert not (tmp_path / "home").exists()


def test_a_hostile_lineage_stays_inside(tmp_path: Path) -> None:
    """The name is made from what a file says: it must not lead anywhere."""
    raw: dict[str, Any] = {"version": 4, "lineage": "../../../x", "serial": "/../1"}
    rescued = state_in(tmp_path).rescue(json.dumps(raw))
    assert rescued is not None
    assert rescued.parent == tmp_path / "home"
