"""What is taken out of a state, and put back as it was: the rest is untouched."""

import json
from pathlib import Path

import pytest

from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.ground.errors import TerraformError
from tests import samples
from tests.tools.terraform.states import lock, state_in

ROLE = 'module.host.module.instance.aws_iam_role.this["own"]'


def test_taken_out_and_put_back_is_as_before(tmp_path: Path) -> None:
    """But for the serial, by which Terraform tells an old plan from one for this state."""
    state = state_in(tmp_path, samples.STATE)
    whole, before = state.read(), state.text()
    state.take_out((INSTANCE,))
    assert state.read().resources == {at: it for at, it in whole.resources.items() if at != INSTANCE}
    state.put_back(before, (INSTANCE,))
    assert (state.read(), json.loads(state.text())["serial"]) == (whole, 14)
    assert state.path.stat().st_mode & 0o777 == 0o600


def test_what_was_made_meanwhile_stays(tmp_path: Path) -> None:
    """Another host in its place goes; a second key of the same resource, and the outputs, are told apart."""
    state = state_in(tmp_path, samples.STATE)
    later = json.loads(samples.STATE.replace(str(samples.OUTPUTS["instance_id"]), "i-0123456789abcdef1"))
    later["resources"][1]["instances"].append({"index_key": "new", "attributes": {"id": "later"}})
    state.path.write_text(json.dumps(later))
    state.put_back(samples.STATE, (INSTANCE, ROLE))
    record = state.read()
    assert record.host == samples.host()
    assert record.resources[INSTANCE] == samples.OUTPUTS["instance_id"]
    assert record.resources[ROLE.replace("own", "new")] == "later"
    assert record.resources[ROLE] == "gpuinfra-default"


def test_a_copy_leaves_the_state_alone(tmp_path: Path) -> None:
    """For a plan that may be declined."""
    state, copy = state_in(tmp_path, samples.STATE), tmp_path / "copy.tfstate"
    state.take_out((INSTANCE,))
    text = state.text()
    state.put_back(samples.STATE, (INSTANCE,), into=copy)
    assert (state.text(), INSTANCE in state.read().resources) == (text, False)
    assert (INSTANCE.split(".")[-2] in copy.read_text(), copy.stat().st_mode & 0o777) == (True, 0o600)


def test_a_state_in_use_is_not_written(tmp_path: Path) -> None:
    """Terraform holds the file open: what it writes then would go to one that nobody finds."""
    state = state_in(tmp_path, samples.STATE)
    lock(state.path)
    with pytest.raises(TerraformError, match="another run is using"):
        state.take_out((INSTANCE,))
    assert state.path.read_text() == samples.STATE
