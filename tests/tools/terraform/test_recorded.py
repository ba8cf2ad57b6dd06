"""What a state may say: any shape and any value ends as a record whose host is plain, or as a ConfigError."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Host, Record
from gpuinfra.tools.terraform import recorded
from gpuinfra.tools.terraform.state import LocalState
from tests import samples
from tests.mutations import WRONG
from tests.old_states import STATES

DEEP = 100_000
EVIL = "ubuntu\n  ProxyCommand touch /tmp/x"
# What a state has held that somebody meant to be used: each is one of the ways in.
HOSTILE: dict[str, list[Any]] = {
    "stack": ["../../x", "-x", "a b", "A"],
    "owner": ["ada\nx", "$(x)"],
    "region": ["us-east-1.evil.com/", "us-east-1 -x", "evil.com#-1", EVIL],
    "instance_id": ["../../x", "i-$(touch x)", "i-x", "i-0123456789abcdef0\n", "-oProxyCommand=x"],
    "instance_type": ["g4dn", "g4dn.xlarge;x", "g4dn.xlarge\x1b]52;c;eA==\x07"],
    "image": ["nvidia\n", "../x"],
    "ami_id": ["ami-x", "ami-0a1b2c3d4e5f60002 "],
    "ami_name": ["a\x1b[2J", "a\nb", "\ud800", "x" * 257],
    "availability_zone": ["us-east-1a\n", "../a"],
    "market": ["free", "spot\n"],
    "access": ["both", "SSH"],
    "public_ip": ["-oProxyCommand=x", "evil.example", "1.2.3", "1.2.3.4 -x", "1.2.3.4\n", "1.2.3.256", "::1"],
    "private_ip": ["10.0.0.4;x", "x"],
    "ssh_user": [EVIL, "-l", "Root", "a" * 33, "ubuntu\r", "u b"],
    "key_name": ["a\x00", "\u2028"],
    "private_key_path": ["/k\n  ProxyCommand x", "/k\r", "/k\u2028x", "/k\x7f", "/" * 5000],
    "security_group_id": ["sg-", "sg-0123456789abcdef0,x"],
    "security_group_ids": [["sg-0123456789abcdef0,x"], ["sg-"], "sg-0123456789abcdef0"],
    "root_volume_id": ["vol-../../x"],
    "allowed_cidrs": [[EVIL], ["0.0.0.0"], [1], {"a": 1}, [["1.2.3.4/32"]], "1.2.3.4/32"],
    "gpu_count": ["1", -1, 1.5, True, [1]],
    "root_volume_size_gb": ["128; x", {}, False],
}  # fmt: skip


def read(directory: Path, raw: object) -> Record:
    """Return what is read from a state."""
    return read_text(directory, raw if isinstance(raw, str) else json.dumps(raw))


def read_text(directory: Path, text: str) -> Record:
    """Return what is read from a state of this text."""
    path = directory / "terraform.tfstate"
    path.write_text(text)
    return LocalState(path, stack="default", rescue_directories=[directory]).read()


def sample(**outputs: object) -> dict[str, Any]:
    """Return the sample state with other outputs."""
    raw: dict[str, Any] = json.loads(samples.STATE)
    raw["outputs"] |= {name: {"value": value} for name, value in outputs.items()}
    return raw


def test_every_field_of_a_host_has_a_pattern() -> None:
    """A new field cannot come in unseen."""
    known = {*recorded.TEXTS, *recorded.NUMBERS, *recorded.LISTS}
    assert known == {field.name for field in dataclasses.fields(Host)} == set(HOSTILE)


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in HOSTILE.items() for v in values])
def test_a_hostile_value_is_refused(name: str, value: object, tmp_path: Path) -> None:
    """It never reaches ssh, a path or a shell; also where the host is not whole."""
    for raw in (sample(**{name: value}), {"version": 4, "outputs": {name: {"value": value}}}):
        with pytest.raises(ConfigError, match=f"'{name}'") as caught:
            read(tmp_path, raw)
        assert caught.value.hint


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_value_of_another_type_is_refused(name: str, tmp_path: Path) -> None:
    """A number is no text, true is no number, and nothing is looked into that is not a list."""
    kind = int if name in recorded.NUMBERS else list if name in recorded.LISTS else str
    for value in (one for one in WRONG if type(one) is not kind):
        with pytest.raises(ConfigError, match=f"'{name}'"):
            read(tmp_path, sample(**{name: value}))


@pytest.mark.parametrize(
    "changes",
    [
        *({part: wrong} for part in ("outputs", "resources") for wrong in (None, 1, "x")),
        {"outputs": []},
        {"outputs": {"public_ip": "x"}},
        {"outputs": {"public_ip": None}},
        {"outputs": {"public_ip": {}}},
        {"outputs": {"mine": {"value": json.loads("[" * 100 + "]" * 100)}}},
        {"resources": {}},
        {"resources": [1]},
        {"resources": [None]},
        {"resources": [{"mode": "managed", "type": "a", "instances": [{}]}]},
        {"resources": [{"mode": "managed", "type": 1, "name": "a", "instances": [{}]}]},
        {"resources": [{"mode": "managed", "type": "a", "name": "b", "module": [], "instances": [{}]}]},
        {"resources": [{"instances": None}]},
        {"resources": [{"instances": [1]}]},
        *(
            {"resources": [{"mode": "managed", "type": kind, "name": "b", "instances": [instance]}]}
            for kind, instance in (
                ("a", {"index_key": []}),
                ("a", {"attributes": None}),
                ("a", {"attributes": []}),
                ("a", {"attributes": {"id": {}}}),
                ("aws_key_pair", {"attributes": {"public_key": 1}}),
            )
        ),
    ],
)
def test_another_shape_is_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    """Plain words, with a next step, for whatever stands where Terraform has its own."""
    with pytest.raises(ConfigError, match="is not one of Terraform's: ") as caught:
        read(tmp_path, sample() | changes)
    assert len(caught.value.message) < 500


@pytest.mark.parametrize(
    "text", ["[" * DEEP, '{"version": 4, "outputs": ' + '{"a":' * DEEP, '{"version": 4' + "}" * 9]
)
def test_what_is_nested_without_end_is_damaged(text: str, tmp_path: Path) -> None:
    """Python gives up on it; we do not."""
    with pytest.raises(ConfigError, match="damaged"):
        read_text(tmp_path, text)


@pytest.mark.parametrize("kind", ["default", "private_network", "chosen_subnet"])
def test_a_real_state_is_taken(kind: str, tmp_path: Path) -> None:
    """What Terraform wrote is never refused: that would be in the way of `down`."""
    found = read_text(tmp_path, (STATES / kind / "terraform.tfstate").read_text())
    assert found.host
    assert found.ids_of("aws_instance") == {found.host.instance_id}
    assert found.public_key.startswith("ssh-")
