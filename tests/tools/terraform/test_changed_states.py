"""Thousands of changed states: each ends as a record whose host is plain, or as a ConfigError."""

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Host
from gpuinfra.quick import dispatch
from gpuinfra.tools.terraform import recorded
from tests.mutations import changed
from tests.old_states import STATES
from tests.tools.terraform.test_recorded import HOSTILE, read_text

ROUNDS = 2000
ALL_HOSTILE = [one for values in HOSTILE.values() for one in values]
ADDRESS = re.compile(r"[0-9.]+\n\Z")


def test_any_change_of_a_state_ends_as_a_plain_host_or_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thousands of them: a record or a ConfigError; and the quick `ip` prints an address or nothing."""
    by_chance = random.Random(2)
    real = short(json.loads((STATES / "default" / "terraform.tfstate").read_text()))
    project = {"GPUINFRA_PROJECT": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    (tmp_path / "terraform").mkdir()
    (tmp_path / "terraform" / "main.tf").touch()
    (tmp_path / "cloud-init").mkdir()
    ends = {"read": 0, "refused": 0}
    for _ in range(ROUNDS):
        text = json.dumps(changed(real, by_chance, prefer="outputs", hostile=ALL_HOSTILE))
        try:
            host = read_text(tmp_path / "terraform", text).host
            assert host is None or is_plain(host)
            ends["read"] += 1
        except ConfigError:
            ends["refused"] += 1
        if dispatch.try_quick(["ip"], project):
            assert ADDRESS.match(capsys.readouterr().out)
    assert min(ends.values()) > ROUNDS / 4, ends


def short(state: Any) -> str:
    """Return a state without what we do not read: it is copied thousands of times."""
    kinds = ("aws_instance", "aws_key_pair", "aws_vpc_security_group_ingress_rule", "aws_ami")
    state["resources"] = [one for one in state["resources"] if one["type"] in kinds]
    for resource in state["resources"]:
        for instance in resource["instances"]:
            kept = instance["attributes"].items()
            instance["attributes"] = {name: value for name, value in kept if name in ("id", "public_key")}
            instance.pop("private", "")
    return json.dumps(state)


def is_plain(host: Host) -> bool:
    """Tell whether a host holds only what its patterns allow."""
    texts = [(recorded.TEXTS[name], getattr(host, name)) for name in recorded.TEXTS]
    cidrs = [(recorded.CIDR, cidr) for cidr in host.allowed_cidrs]
    numbers = all(type(getattr(host, name)) is int for name in recorded.NUMBERS)
    return numbers and all(text == "" or re.fullmatch(pattern, text) for pattern, text in [*texts, *cidrs])
