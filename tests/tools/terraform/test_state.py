"""The state file: read without Terraform, refused when damaged or another's, kept when exchanged."""

import json
from pathlib import Path

import pytest

from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Record, Tags
from gpuinfra.tools.terraform.state import LocalState
from tests import samples
from tests.terraform import ROOT
from tests.tools.terraform.states import state_in


def test_no_file_is_an_empty_record(tmp_path: Path) -> None:
    """A stack that has never been applied."""
    assert state_in(tmp_path).read() == Record()


def test_a_whole_state(tmp_path: Path) -> None:
    """Outputs become the host; resources keep their addresses."""
    record = state_in(tmp_path, samples.STATE).read()
    assert record.host == samples.host()
    assert record.ids_of("aws_instance") == {samples.OUTPUTS["instance_id"]}
    assert 'module.host.module.security_group["own"].aws_security_group.this' in record.resources


def test_a_state_without_outputs_has_no_host(tmp_path: Path) -> None:
    """An apply that was stopped: the resources are there, the host is not whole."""
    raw = json.loads(samples.STATE) | {"outputs": {}}
    record = state_in(tmp_path, json.dumps(raw)).read()
    assert record.host is None
    assert record.ids_of("aws_instance") == {samples.OUTPUTS["instance_id"]}


def test_null_outputs_are_empty_words(tmp_path: Path) -> None:
    """A stopped host has no public address."""
    raw = json.loads(samples.STATE)
    raw["outputs"]["public_ip"] = {"value": None, "type": "string"}
    host = state_in(tmp_path, json.dumps(raw)).read().host
    assert host is not None
    assert host.public_ip == ""


def test_keys_are_part_of_addresses(tmp_path: Path) -> None:
    """Rules by CIDR and counted resources are told apart; what is only read does not count."""
    module = "module.host.module.security_group"
    rule = {"mode": "managed", "type": "aws_rule", "name": "ssh", "module": module}
    rule["instances"] = [{"index_key": "1.2.3.4/32", "attributes": {"id": "sgr-1"}}]  # type: ignore[assignment]
    counted = {"mode": "managed", "type": "aws_eip", "name": "x", "instances": [{"index_key": 0}]}
    data = {"mode": "data", "type": "aws_ami", "name": "x", "instances": [{"attributes": {"id": "ami-1"}}]}
    text = json.dumps({"version": 4, "resources": [rule, counted, data]})
    assert state_in(tmp_path, text).read().resources == {
        'module.host.module.security_group.aws_rule.ssh["1.2.3.4/32"]': "sgr-1",
        "aws_eip.x[0]": "",
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"empty \(0 bytes\)"),
        (" \n", r"empty \(0 bytes\)"),
        (samples.STATE[:200], "damaged"),
        ("[]", "not a version 4 state"),
        ('{"version": 3}', r"not a version 4 state \(version: 3\)"),
        ("\x00" * 4096, "damaged"),
    ],
)
def test_a_damaged_state_is_refused(text: str, says: str, tmp_path: Path) -> None:
    """Terraform would take an empty file for "nothing exists" and make a second host."""
    state = state_in(tmp_path, text)
    with pytest.raises(ConfigError, match=says) as caught:
        state.read()
    assert caught.value.hint == "gpuinfra recover"
    state.path.with_name("terraform.tfstate.backup").write_text(samples.STATE)
    with pytest.raises(ConfigError) as caught:
        state.read()
    assert caught.value.hint == "gpuinfra recover", "a backup may be older than the host"


@pytest.mark.parametrize("told_by", ["outputs", "tags"])
def test_another_stacks_state_is_refused(told_by: str, tmp_path: Path) -> None:
    """`down` would end another stack's host by it; a half-made one has no outputs, but tags."""
    raw = json.loads(samples.STATE)
    if told_by == "outputs":
        raw["outputs"]["stack"]["value"] = "b"
    else:
        raw["outputs"] = {}
        raw["resources"][0]["instances"][0]["attributes"]["tags_all"] = Tags(
            project="p", stack="b", owner="a"
        ).as_dict()
    with pytest.raises(ConfigError, match="that of another stack, 'b'") as caught:
        state_in(tmp_path, json.dumps(raw)).read()
    assert caught.value.hint == "gpuinfra recover"


def test_an_exchanged_state_is_kept(tmp_path: Path) -> None:
    """Nothing is deleted, however often in a second; the new one, like the old, is its owner's alone."""
    state, kept = state_in(tmp_path, "first"), []
    state.path.chmod(0o644)
    for text in ("second", "third"):
        new = state.path.with_name("recovered.tfstate")
        new.write_text(text)
        kept.append(state.exchange(new))
        assert (state.path.read_text(), new.exists()) == (text, False)
    kept.append(state.exchange(None))
    assert [path.read_text() for path in kept if path] == ["first", "second", "third"]
    assert {path.stat().st_mode & 0o777 for path in kept if path} == {0o600}
    assert not state.path.exists()
    assert state.exchange(None) is None


def test_a_state_from_before_there_was_a_choice_is_of_a_host_with_an_address(tmp_path: Path) -> None:
    """A host that was made by an earlier version stays known."""
    raw = json.loads(samples.STATE)
    del raw["outputs"]["access"]
    path = tmp_path / "terraform.tfstate"
    path.write_text(json.dumps(raw))
    found = LocalState(path, stack="default", rescue_directories=(tmp_path,)).read().host
    assert found is not None
    assert (found.access, found.address) == ("ssh", samples.OUTPUTS["public_ip"])


@pytest.mark.parametrize("kind", ["default", "private_network"])
def test_the_record_says_whose_it_is_and_where(kind: str, tmp_path: Path) -> None:
    """By tags and notes that every state holds, old ones too, also before there is a host."""
    raw = json.loads((ROOT / "tests" / "data" / "states" / kind / "terraform.tfstate").read_text())
    raw["outputs"] = {}
    path = tmp_path / "terraform.tfstate"
    path.write_text(json.dumps(raw))
    record = LocalState(path, stack="default", rescue_directories=[tmp_path]).read()
    assert record.tags == Tags(project="gpuinfra", stack="default", owner="ada")
    assert record.settings is not None
    assert (record.host, record.settings.region) == (None, "us-east-1")


def test_a_host_that_waits_to_be_deleted_is_recorded_beside_its_successor(tmp_path: Path) -> None:
    """As Terraform names it: neither is a host that nobody knows of."""
    raw = json.loads(samples.STATE)
    (instances,) = [it["instances"] for it in raw["resources"] if it["type"] == "aws_instance"]
    instances.append({"deposed": "1a2b3c4d", "attributes": {"id": "i-0123456789abcdef9"}})
    resources = state_in(tmp_path, json.dumps(raw)).read().resources
    assert resources[f"{INSTANCE} (deposed 1a2b3c4d)"] == "i-0123456789abcdef9"
    assert resources[INSTANCE] == samples.OUTPUTS["instance_id"]
