"""Every condition of our HCL, and what it says when it fails, with values that are null or not known yet.

An instance that dies while it is made leaves null values (T13): a message built of one is no message.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gpuinfra.tools.terraform import binary
from tests.terraform import ROOT

CHECK = re.compile(r'^ *condition += (.+)\n *error_message = (".+")$', re.M)
VARIABLE = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.M | re.S)
REFERENCE = re.compile(r"(?<![\w.])(?:(var|local)\.(\w+)|self\.\w+(?:\.\w+)?)")
# What is never null: computed here (a failed look-up leaves a list empty), or the region.
FIXED = {
    "local.architectures": "local.none",
    "local.open_routes": "local.none",
    "local.own_network": "local.none",
    "local.offered": "local.none",
    "local.bare_vpcs": "local.none",
    "local.with_address": "local.none",
    "local.ways_in": "local.none",
    "local.nearest": '"g4dn.xlarge"',
    "local.lost_groups": "local.none",
    "local.others_groups": "local.none",
    "local.elsewhere": "local.none",
    "local.gpu_count": "local.zero",
    "local.architecture": '"arm64"',
    "local.image": '"nvidia"',
    "local.instance_type": '"g4dn.xlarge"',
    "local.region": '"us-east-1"',
    "self.input": '"us-east-1"',
    "local.has_lease": "local.none",
    'terraform_data.lease["own"].input.hours_known': "false",
    "self.input.architecture": '"arm64"',
    "self.input.kind": '"nvidia"',
    "self.input.name": '"an image"',
    "self.input.size_gb": "local.zero",
}
VALUES = """
locals {
  missing = null
  none    = []
  zero    = 0
}
resource "terraform_data" "not_known" {
  input = timestamp()
}
"""
MISSING, NOT_KNOWN = "local.missing", "terraform_data.not_known.output"
FAILED = "Module output value precondition failed"


class Check(NamedTuple):
    """A condition of a *.tf, and its message, as they stand there."""

    file: Path
    condition: str
    message: str


def checks() -> Iterator[Check]:
    """Yield every condition of our modules."""
    for file in sorted((ROOT / "terraform").rglob("*.tf")):
        if ".terraform" not in file.parts:
            yield from (Check(file, *found) for found in CHECK.findall(file.read_text("utf-8")))


def constants(directory: Path) -> dict[str, str]:
    """Return the variables of a module that cannot be null, with a value each."""
    text = (directory / "variables.tf").read_text("utf-8")
    found = {name: body for name, body in VARIABLE.findall(text) if "nullable    = false" in body}
    defaults = {name: re.search(r"^  default +=(.+)$", body, re.M) for name, body in found.items()}
    return {name: it[1] if it else '"x"' for name, it in defaults.items()}


def replaced(check: Check, value: str) -> tuple[str, str]:
    """Return condition and message; what may be null, or not known, is `value`."""
    fixed = constants(check.file.parent)

    def one(found: re.Match[str]) -> str:
        if found[1] == "var" and found[2] in fixed:
            return fixed[found[2]]
        return FIXED.get(found[0], value)

    return REFERENCE.sub(one, check.condition), REFERENCE.sub(one, check.message)


def plan(directory: Path, pairs: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return what Terraform says in a plan in which every pair is an output's condition and message."""
    outputs = [
        f'output "check{number}" {{\n value = 1\n precondition {{\n condition = {condition}\n'
        f" error_message = {message}\n }}\n}}\n"
        for number, (condition, message) in enumerate(pairs)
    ]
    (directory / "main.tf").write_text(VALUES + "".join(outputs), encoding="utf-8")
    terraform = str(binary.find(ROOT / ".tools", os.environ))
    env = {"PATH": os.environ["PATH"], "CHECKPOINT_DISABLE": "1"}
    subprocess.run([terraform, "init", "-no-color"], cwd=directory, env=env, check=True, capture_output=True)
    argv = [terraform, "plan", "-json", "-input=false"]
    done = subprocess.run(argv, cwd=directory, env=env, check=False, capture_output=True, text=True)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return [line["diagnostic"] for line in said if "diagnostic" in line]


@pytest.mark.parametrize("value", [MISSING, NOT_KNOWN])
def test_conditions_can_be_told(tmp_path: Path, value: str) -> None:
    """Whatever is null or not known, Terraform says what a condition's own message says, or nothing."""
    pairs = [pair for check in checks() if value in (pair := replaced(check, value))[0]]
    assert len(pairs) >= 21
    said = plan(tmp_path, pairs)
    assert [one for one in said if one["summary"] != FAILED] == []


def test_messages_can_be_told(tmp_path: Path) -> None:
    """Every message can be said when all that may be null is null."""
    pairs = [("local.zero == 1", replaced(check, MISSING)[1]) for check in checks()]
    said = plan(tmp_path, pairs)
    assert [one for one in said if one["summary"] != FAILED] == []
    assert len(said) == len(pairs)
