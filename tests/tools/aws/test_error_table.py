"""Every code with which AWS may refuse us has one rule: a plain line and a next step."""

import json
import re

import botocore.session
import pytest
from botocore import xform_name

from gpuinfra.tools.aws.error_codes import refused
from gpuinfra.tools.aws.error_rules import RULES
from tests.fakes.world import SETTINGS
from tests.terraform import ROOT

AWS = botocore.session.Session()
# What Terraform does with the role of a host and its instance profile.
OF_IAM = (
    "CreateRole",
    "PutRolePolicy",
    "TagRole",
    "DeleteRolePolicy",
    "DeleteRole",
    "CreateInstanceProfile",
    "AddRoleToInstanceProfile",
    "RemoveRoleFromInstanceProfile",
    "DeleteInstanceProfile",
)


def codes() -> list[str]:
    """Return those of the kept list, and those that IAM's model names for what we call."""
    kept = json.loads((ROOT / "tests" / "data" / "aws_error_codes.json").read_text())
    iam = AWS.get_service_model("iam")
    modeled = [shape for name in OF_IAM for shape in iam.operation_model(name).error_shapes]
    return sorted(
        {code for page in kept.values() for code in page}
        | {shape.metadata.get("error", {}).get("code", shape.name) for shape in modeled}
    )


CODES = codes()


def rules_of(code: str) -> list[str]:
    """Return the patterns that the code matches."""
    return [pattern for pattern, _ in RULES if re.fullmatch(pattern, code)]


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_one_plain_line_and_a_next_step(code: str) -> None:
    """With one rule each, their order says nothing; the reader is not left with a code alone."""
    assert len(rules_of(code)) == 1
    for settings in (SETTINGS, None):
        error = refused(code, "Why.", service="ec2", operation="RunInstances", settings=settings)
        assert error.message
        assert error.hint
        assert not set("\n{}") & set(error.message + error.hint)
        assert "None" not in error.message + error.hint


def test_every_rule_is_of_a_code() -> None:
    """A rule that no known code reaches is a guess."""
    assert {pattern for code in CODES for pattern in rules_of(code)} == {pattern for pattern, _ in RULES}


def test_what_a_step_lets_type_is_there() -> None:
    """`aws SERVICE OPERATION` is one of AWS's API."""
    steps = [
        refused(code, "Why.", service="ec2", operation="RunInstances", settings=SETTINGS).hint
        for code in CODES
    ]
    typed = {match for step in steps for match in re.findall(r"aws ([a-z0-9-]+) ([a-z-]+)", step)}
    assert len(typed) > 10
    for service, operation in typed - {("sso", "login")}:
        names = AWS.get_service_model(service).operation_names
        assert operation in {xform_name(name, "-") for name in names}, f"{service} {operation}"
