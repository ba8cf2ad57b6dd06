"""Thousands of changed states: each ends as a record whose host is plain, or as a ConfigError."""

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Host
from gpuinfra.quick import dispatch
from gpuinfra.tools.terraform import recorded
from tests.old_states import STATES
from tests.tools.terraform.test_recorded import HOSTILE, WRONG, read_text

ROUNDS = 2000
ADDRESS = re.compile(r"[0-9.]+\n\Z")


def test_any_change_of_a_state_ends_as_a_plain_host_or_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thousands of changed states: a record or a ConfigError; and the quick `ip` prints an address or nothing."""
    by_chance = random.Random(2)  # noqa: S311
    real = short(json.loads((STATES / "default" / "terraform.tfstate").read_text()))
    project = {"GPUINFRA_PROJECT": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    (tmp_path / "terraform").mkdir()
    (tmp_path / "terraform" / "main.tf").touch()
    (tmp_path / "cloud-init").mkdir()
    ends = {"read": 0, "refused": 0}
    for _ in range(ROUNDS):
        text = json.dumps(changed(real, by_chance))
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


def changed(real: str, by_chance: random.Random) -> Any:
    """Return a state with one to three changes at any place, most of them among the outputs."""
    root = json.loads(real)
    for _ in range(by_chance.randint(1, 3)):
        holder, key = spot(root, by_chance)
        holder[key] = by_chance.choice(CHANGES)(holder[key], by_chance)
    return root


def spot(root: Any, by_chance: random.Random) -> tuple[Any, Any]:
    """Return a part of the state and a place in it."""
    part = root["outputs"] if isinstance(root["outputs"], dict) and by_chance.random() < 0.6 else root
    while True:
        key = by_chance.choice(list(part) if isinstance(part, dict) else range(len(part)))
        if not (isinstance(part[key], dict | list) and part[key]) or by_chance.random() < 0.2:
            return part, key
        part = part[key]


def any_text(value: object, by_chance: random.Random) -> object:
    """Put a letter that means something somewhere into a text."""
    text = value if isinstance(value, str) else json.dumps(value)
    at = by_chance.randint(0, len(text))
    return text[:at] + by_chance.choice('\n\r\x00\x1b"\'\\ /.-$(`;%~\u2028\ud800é') + text[at:]


def any_hostile(_: object, by_chance: random.Random) -> object:
    """Return one of the hostile values."""
    return by_chance.choice([one for values in HOSTILE.values() for one in values])


def any_kind(_: object, by_chance: random.Random) -> object:
    """Return a value of any type."""
    return by_chance.choice([*WRONG, None])


def any_number(value: object, by_chance: random.Random) -> object:
    """Exchange the digits of a text."""
    return re.sub(r"\d", lambda _: str(by_chance.randint(0, 9)), value) if isinstance(value, str) else value


CHANGES: list[Callable[[object, random.Random], object]] = [any_text, any_hostile, any_kind, any_number]
