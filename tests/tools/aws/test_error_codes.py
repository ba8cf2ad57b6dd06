"""What AWS refuses: every row of the table, each alternative of its pattern."""

import dataclasses

import pytest

from gpuinfra.ground.model import Settings
from gpuinfra.tools.aws.error_codes import refused
from tests.fakes.world import SETTINGS


def told(code: str, message: str = "Why.", *, settings: Settings | None = SETTINGS) -> tuple[str, str]:
    """Return message and hint for a refusal of ec2:RunInstances."""
    error = refused(code, message, service="ec2", operation="RunInstances", settings=settings)
    return error.message, error.hint


ROWS = [
    ("ExpiredToken", "the AWS credentials have expired (ExpiredToken)", "aws sso login"),
    ("ExpiredTokenException", "have expired", "aws sso login"),
    (
        "RequestExpired",
        "too old (RequestExpired): the credentials have expired, or this",
        "date -u   #",
    ),
    ("TokenRefreshRequired", "have expired", "aws sso login"),
    ("InvalidClientTokenId", "AWS does not accept the credentials", "aws sts get-caller-identity"),
    ("AuthFailure", "AWS does not accept the credentials", "aws sts"),
    ("UnrecognizedClientException", "AWS does not accept the credentials", "aws sts"),
    ("SignatureDoesNotMatch", "AWS does not accept the credentials", "aws sts"),
    (
        "VcpuLimitExceeded",
        "vCPU quota L-DB2E81BA (G and VT on-demand) is too small for g4dn.xlarge",
        "gpuinfra quota request --type g4dn.xlarge   #",
    ),
    (
        "MaxSpotInstanceCountExceeded",
        "vCPU quota L-3819A6DF (G and VT spot) is too small for g4dn.xlarge",
        "gpuinfra quota request --type g4dn.xlarge --spot   #",
    ),
    ("SpotMaxPriceTooLow", "max_price is below what g4dn.xlarge in us-east-1 costs", "gpuinfra prices g4dn"),
    ("InstanceLimitExceeded", "vCPU quota", "gpuinfra quota request"),
    ("InsufficientInstanceCapacity", "AWS has no g4dn.xlarge in us-east-1 to give", "set another"),
    ("InsufficientHostCapacity", "AWS has no g4dn.xlarge", "set another"),
    (
        "OptInRequired",
        "the account has not got ec2 (yet): Why.",
        "https://portal.aws.amazon.com/billing/signup",
    ),
    ("UnauthorizedOperation", "may not do ec2:RunInstances", "ask your AWS administrator to allow ec2:"),
    ("AccessDenied", "may not do ec2:RunInstances", "ask your AWS administrator"),
    ("AccessDeniedException", "may not do ec2:RunInstances", "ask your AWS administrator"),
    ("Unsupported", "AWS does not offer g4dn.xlarge", "set another availability_zone or instance_type"),
    ("UnsupportedOperation", "AWS does not offer", "set another"),
    ("InvalidInstanceType", "AWS does not offer", "set another"),
    ("RequestLimitExceeded", "AWS is throttling this account", "run the same command again in a minute"),
    ("Throttling", "AWS is throttling this account", "run the same command"),
    ("ThrottlingException", "AWS is throttling this account", "run the same command"),
    ("TooManyRequestsException", "AWS is throttling this account", "run the same command"),
    ("InvalidGroup.Duplicate", "Why (InvalidGroup.Duplicate): AWS made it without", "gpuinfra up"),
    ("EntityAlreadyExists", "AWS made it without Terraform's knowing, or somebody else did", "gpuinfra up"),
    ("InvalidKeyPair.Duplicate", "AWS made it without Terraform's knowing", "gpuinfra up"),
    ("InvalidPermission.Duplicate", "AWS made it without Terraform's knowing", "gpuinfra up"),
    ("RouteAlreadyExists", "AWS made it without Terraform's knowing", "gpuinfra up"),
    ("Resource.AlreadyAssociated", "AWS made it without Terraform's knowing", "gpuinfra up"),
    ("VPCIdNotSpecified", "no default VPC in us-east-1", "aws ec2 create-default-vpc --region us-east-1"),
    ("TargetNotConnected", "the host is not connected to Session Manager (Why.)", "gpuinfra status"),
    ("DefaultVpcDoesNotExist", "no default VPC in us-east-1", "aws ec2 create-default-vpc"),
]


@pytest.mark.parametrize(("code", "says", "hint"), ROWS, ids=[r[0] for r in ROWS])
def test_every_row(code: str, says: str, hint: str) -> None:
    """One plain line with what was asked for, one next step."""
    message, step = told(code)
    assert says in message
    assert step.startswith(hint)
    assert "\n" not in message


@pytest.mark.parametrize("code", ["InsufficientInstanceCapacity", "Unsupported", "VcpuLimitExceeded"])
@pytest.mark.parametrize("operation", ["StartInstances", "ModifyInstanceAttribute"])
def test_a_host_that_lives_is_told_safe(code: str, operation: str) -> None:
    """A host that is not started, or not given a type, is kept: no step leads to another zone or region."""
    error = refused(code, "No.", service="ec2", operation=operation, settings=SETTINGS)
    assert error.message.endswith("No; the host is stopped, its disk is safe")
    assert not {"availability_zone", "region in"} & set(error.hint.split())
    if code != "VcpuLimitExceeded":
        assert error.hint == "gpuinfra start   # later; another type: gpuinfra resize g5.xlarge"


def test_a_forbidden_session_names_all_that_it_takes() -> None:
    """StartSession alone would only lead to the next refusal."""
    error = refused("AccessDeniedException", "No.", service="ssm", operation="StartSession", settings=None)
    assert "AWS-StartSSHSession" in error.hint
    assert "ssmmessages:OpenDataChannel" in error.hint


def test_an_unknown_code_is_passed_on() -> None:
    """Code, operation and AWS's own words: enough to search for."""
    assert told("SomethingNew", "Words.")[0] == "AWS refused ec2:RunInstances: SomethingNew: Words."


@pytest.mark.parametrize("code", [r[0] for r in ROWS])
def test_without_settings(code: str) -> None:
    """Where nothing is known of the stack the words are still whole."""
    message, hint = told(code, settings=None)
    assert "None" not in message + hint


def test_hints_name_the_stack() -> None:
    """The next command is for the stack that failed."""
    settings = dataclasses.replace(SETTINGS, stack="b")
    assert told("PendingVerification", settings=settings)[1].startswith("gpuinfra up --stack b")
    assert told("Unsupported", settings=settings)[1].endswith("gpuinfra up --stack b")


def test_terms_to_accept_are_told_from_a_service_that_an_account_has_not_got() -> None:
    """AWS has one code for both; without a link in its words the page is that of our image."""
    message, step = told("OptInRequired", "You need to accept terms and subscribe.")
    assert "has not accepted the terms of the NVIDIA image" in message
    assert step.startswith("accept them once at https://aws.amazon.com/marketplace/")


def test_an_account_on_the_free_plan_is_told_of_the_plan() -> None:
    """The same code as of any wrong value; only the words say it."""
    words = "The specified instance type is not eligible for Free Tier."
    message, step = told("InvalidParameterCombination", words)
    assert message.startswith("the account is on AWS's free plan, which has no g4dn.xlarge in us-east-1: The")
    assert step.startswith("aws freetier upgrade-account-plan --account-plan-type PAID")
    assert told("InvalidParameterCombination")[1].startswith("gpuinfra plan   # shows what is asked for")


def test_what_hangs_in_a_group_is_asked_by_the_group() -> None:
    """No step for a removal that AWS refuses may destroy a host: `up` removes things, too."""
    step = told("DependencyViolation", "resource sg-0a1 has a dependent object")[1]
    filters = "--filters Name=group-id,Values=sg-0a1"
    assert step == f"aws ec2 describe-network-interfaces --region us-east-1 {filters}   # what hangs in it"


def test_the_link_is_taken_from_the_message() -> None:
    """Without its full stop."""
    message = "To do so please visit https://aws.amazon.com/marketplace/pp?sku=abc. Thanks."
    assert "https://aws.amazon.com/marketplace/pp?sku=abc, or" in told("OptInRequired", message)[1]


@pytest.mark.parametrize("what", ["stop", "termination"])
def test_a_protected_host(what: str) -> None:
    """The command takes off the protection that has refused; for all else none is named."""
    message = f"The instance 'i-1' may not be done. Modify its 'disableApi{what.title()}' instance attribute."
    hint = told("OperationNotPermitted", message)[1]
    assert f"--instance-id i-1 --no-disable-api-{what}" in hint
    assert "disable" not in told("OperationNotPermitted", "The interface cannot be detached.")[1]


def test_the_encoded_message_is_left_out() -> None:
    """2,000 characters that only an administrator can decode."""
    message = "You are not authorized. User: arn:x\nEncoded authorization failure message: AAAA\nBBBB"
    assert told("UnauthorizedOperation", message)[0].endswith("You are not authorized. User: arn:x")


@pytest.mark.parametrize("operation", ["StartInstances", "ModifyInstanceAttribute"])
@pytest.mark.parametrize("code", ["InsufficientInstanceCapacity", "VcpuLimitExceeded", "Unsupported"])
def test_no_step_for_a_living_host_leads_to_another_one(code: str, operation: str) -> None:
    """A resize that AWS refuses leaves the host stopped with its disk; another zone would be a new host."""
    error = refused(code, "Why.", service="ec2", operation=operation, settings=SETTINGS)
    assert error.message.endswith("Why; the host is stopped, its disk is safe")
    assert error.hint
    assert "zone" not in error.hint


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-1", None),
        ("a service control policy", None),
        ("an identity-based policy", "identity-based policy"),
        ("a resource control policy", "resource control policy"),
    ],
)
def test_to_allow_what_is_denied_is_of_no_use(rule: str, named: str | None) -> None:
    """The deny has to go; where a policy lacks only the allow, that is what is asked for."""
    words = "User: arn:x is not authorized to perform: ec2:RunInstances on resource: arn:y"
    hint = told("UnauthorizedOperation", f"{words} with an explicit deny in {rule}")[1]
    whose = named or "service control policy"
    assert hint == f"ask your AWS administrator to lift the explicit deny of ec2:RunInstances in the {whose}"
    hint = told("UnauthorizedOperation", f"{words} because no identity-based policy allows it")[1]
    assert hint == "ask your AWS administrator to allow ec2:RunInstances"
