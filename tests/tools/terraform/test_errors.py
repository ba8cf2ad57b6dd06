"""Terraform's errors: texts as Terraform 1.11.4 and provider 5.100.0 wrote them, so over 200 lines."""

import pytest

from gpuinfra.ground.errors import (
    AlreadyExists,
    CloudError,
    ConfigError,
    GpuInfraError,
    Locked,
    NotReached,
    TerraformError,
)
from gpuinfra.ground.model import Diagnostic, Outcome
from gpuinfra.tools.terraform import errors as diagnose
from tests.fakes.world import SETTINGS

EDIT = "edit terraform.tfvars, then: gpuinfra plan"
LOCK = """\
Error message: resource temporarily unavailable
Lock Info:
  ID:        9db590f1-b6fe-c5f2-2678-8804f089deba
  Path:      terraform.tfstate
  Operation: OperationTypeApply
  Who:       root@vm
  Version:   1.11.4
  Created:   2026-11-22 10:11:12.13 +0000 UTC
  Info:
"""
DIED = (
    "waiting for EC2 Instance (i-0123456789abcdef0) create: unexpected state 'terminated', wanted target"
    " 'running, stopped'. last error: "
)


def failed(*texts: tuple[str, str], raw: str = "") -> Outcome:
    """Return a failed run with these errors."""
    errors = tuple(Diagnostic(severity="error", summary=s, detail=d) for s, d in texts)
    return Outcome(ok=False, diagnostics=errors, raw_tail=raw)


def explained(summary: str, detail: str = "") -> GpuInfraError:
    """Return what one error means."""
    return diagnose.explain(failed((summary, detail)), SETTINGS)


@pytest.mark.parametrize(
    ("summary", "detail", "kind", "says", "hint"),
    [
        ("No valid credential sources found", "…", CloudError, "no AWS credentials", "aws configure"),
        (
            "configuring Terraform AWS Provider: failed to get shared config profile, nope",
            "",
            ConfigError,
            "the provider block names profile nope",
            "export AWS_PROFILE=nope",
        ),
        (
            "Retrieving AWS account details: validating provider credentials: retrieving caller identity"
            " from STS: operation error STS: GetCallerIdentity, https response error StatusCode: 403,"
            " RequestID: x, api error ExpiredToken: The security token included in the request is expired",
            "",
            CloudError,
            "the AWS credentials have expired (ExpiredToken)",
            "aws sso login",
        ),
        (
            "creating IAM Role (gpuinfra-default-1): operation error IAM: CreateRole, https response error"
            " StatusCode: 409, RequestID: 8a-1, EntityAlreadyExists: Role gpuinfra-default-1 already exists",
            "",
            AlreadyExists,
            "Role gpuinfra-default-1 already exists (EntityAlreadyExists)",
            "gpuinfra up",
        ),
        (
            "Error acquiring the state lock",
            LOCK,
            Locked,
            "root@vm (OperationTypeApply)",
            "wait for it",
        ),
        (
            "Failed to save state",
            "write terraform.tfstate: no space left on device",
            ConfigError,
            "the disk is full",
            "df -h .",
        ),
        ("dial tcp: lookup x: no such host", "", NotReached, "AWS cannot be reached", "the same command"),
        (
            "creating EC2 VPC",
            'Post "https://ec2...": tls: failed to verify: x509: certificate signed by unknown authority',
            NotReached,
            "AWS cannot be reached: creating EC2 VPC (x509: certificate signed by unknown authority)",
            "the same command",
        ),
        (
            "reading EC2 VPC",
            "StatusCode: 200, RequestID: , deserialization failed, failed to decode response body",
            NotReached,
            "AWS cannot be reached: reading EC2 VPC (deserialization failed)",
            "the same command",
        ),
        (
            DIED + "Client.InternalError: Client error on launch",
            "",
            CloudError,
            "AWS ended the host while it was starting: Client.InternalError: Client error on launch",
            "aws ec2 get-ebs-default-kms-key-id --region us-east-1",
        ),
        (
            DIED + "Client.VolumeLimitExceeded: Volume limit exceeded",
            "",
            CloudError,
            "Volume limit exceeded",
            "aws service-quotas list-service-quotas",
        ),
        (DIED + "Server.InsufficientInstanceCapacity: None left", "", CloudError, "None left", "set another"),
        (DIED + "Client.Other: Unheard of", "", CloudError, "Unheard of", "gpuinfra up"),
        (
            "Invalid value for variable",
            'owner is "A"; it must be x.\n\nThis was checked by the validation rule at variables.tf:4,3-13.',
            ConfigError,
            'owner is "A"; it must be x.',
            "set it in terraform.tfvars, then: gpuinfra plan",
        ),
        (
            "Resource instance managed by newer provider version",
            "The current state of x was created by a newer provider version than is currently selected.",
            TerraformError,
            "a newer AWS provider than that of this gpuinfra has written the state",
            "git pull",
        ),
        ("Resource precondition failed", "Do this.", TerraformError, "Do this.", ""),
        ("Resource postcondition failed", "Do that.", TerraformError, "Do that.", ""),
    ],
)
def test_known(summary: str, detail: str, kind: type[GpuInfraError], says: str, hint: str) -> None:
    """Each becomes a plain line of the right class, with the next step."""
    error = explained(summary, detail)
    assert type(error) is kind
    assert says in error.message
    assert error.hint.startswith(hint)


def test_the_lock_names_its_id_and_time() -> None:
    """Who, since when, and how to break a dead one."""
    error = explained("Error acquiring the state lock", LOCK)
    assert "since 2026-11-22 10:11:12" in error.message
    assert error.hint.endswith("force-unlock 9db590f1-b6fe-c5f2-2678-8804f089deba")


def test_the_lock_of_a_shared_state_comes_with_a_code() -> None:
    """S3 refuses the second writer; who the first one is stands below."""
    refusal = (
        "operation error S3: PutObject, StatusCode: 412, RequestID: 1, api error PreconditionFailed: no\n"
    )
    assert "another run is working" in explained("Error acquiring the state lock", refusal + LOCK).message


def test_a_lock_without_details() -> None:
    """A lock that cannot be read is still called a lock."""
    assert "unknown" in explained("Error acquiring the state lock", "Error message: boom").message


def test_the_refusal_is_found_among_its_consequences() -> None:
    """Terraform lists many errors; the one that is known says why."""
    outcome = failed(
        ("context canceled", ""),
        ("no", "operation error EC2: RunInstances, api error OptInRequired: accept the terms"),
    )
    assert "has not accepted the terms" in diagnose.explain(outcome, SETTINGS).message


def test_the_service_and_operation_are_named() -> None:
    """Permissions are asked for by these words."""
    text = "operation error IAM: CreateRole, https response error, api error AccessDenied: User: x is not"
    hint = explained("creating IAM Role", text).hint
    assert hint.startswith(
        "ask your AWS administrator to allow iam:CreateRole; or set permissions_boundary_arn"
    )


def test_unknown_errors_are_terraforms_own_words() -> None:
    """Nothing is reworded that names file and line; all errors are shown."""
    place = Diagnostic(severity="error", summary="Invalid value", detail="no\n", where="variables.tf:9")
    other = Diagnostic(severity="error", summary="Also")
    error = diagnose.explain(Outcome(ok=False, diagnostics=(place, other)), None)
    assert (type(error), error.message) == (TerraformError, "variables.tf:9: Invalid value\nno\nAlso")


def test_a_wrong_value_of_the_user_is_one() -> None:
    """Whatever is wrong in terraform.tfvars is the user's to mend; who checked it is no help."""
    where = Diagnostic(severity="error", summary="Invalid value", detail="no\n", where="terraform.tfvars:9")
    error = diagnose.explain(Outcome(ok=False, diagnostics=(where,)), SETTINGS)
    assert (type(error), error.message) == (ConfigError, "terraform.tfvars:9: Invalid value\nno")
    rule = explained(
        "Invalid value for variable", "x is 1.\n\nThis was checked by the validation rule at a.tf:1"
    )
    assert rule.message == "x is 1."


@pytest.mark.parametrize("raw", ["", "panic: runtime error"])
def test_silence_is_not_hidden(raw: str) -> None:
    """A Terraform that dies without an error leaves what it printed."""
    message = diagnose.explain(failed(raw=raw), None).message
    assert message == f"Terraform ended without saying why\n{raw}".strip()


def test_credentials_that_could_not_be_renewed() -> None:
    """Their own words come before Terraform's, which only follow from them."""
    ended = CloudError("the AWS credentials have ended: vault: sealed", hint="vault login")
    error = diagnose.explain(Outcome(ok=False, credentials_ended=ended), SETTINGS)
    assert error.message.startswith(ended.message)
    assert "the same command goes on" in error.message
    assert error.hint == ended.hint
