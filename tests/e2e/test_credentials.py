"""Credentials that are missing or have expired, met by boto3 (`up`) and by Terraform (`plan`)."""

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("command", [("up", "--yes"), ("plan",), ("down", "--yes")])
def test_none(command: tuple[str, ...], cold_cli: Cli) -> None:
    """Without credentials the user is told where they were looked for."""
    bare = Cli(
        project=cold_cli.project, env={k: v for k, v in cold_cli.env.items() if "AWS_ACCESS_KEY" not in k}
    )
    refused(bare.run(*command), 4, "error: no AWS credentials were found", "  next: aws configure")


def test_unknown_profile(cold_cli: Cli) -> None:
    """A profile that does not exist is named."""
    for command in (("up", "--yes"), ("plan",)):
        refused(cold_cli.run(*command, AWS_PROFILE="nope"), 4, "error: no AWS credentials were found", "nope")


@pytest.mark.parametrize(
    ("match", "code", "command"),
    [
        ("GetCallerIdentity", "ExpiredToken", ("plan",)),
        ("DescribeInstances", "RequestExpired", ("up", "--yes")),
        ("DescribeInstances", "ExpiredToken", ("status",)),
    ],
)
def test_expired(match: str, code: str, command: tuple[str, ...], cli: Cli, sim: Simulator) -> None:
    """Expired credentials are called expired, whoever meets them first."""
    sim.fault(Fault(match=match, count=None, status=403, code=code, message="The token has expired"))
    refused(
        cli.run(*command),
        4,
        f"({code})",
        "credentials have expired",
        "aws sso login",
    )


def test_expired_before_the_host(cli: Cli, sim: Simulator) -> None:
    """Credentials that expire in the midst of an apply lose nothing: the same command goes on."""
    sim.fault(Fault(match="RunInstances", count=None, code="RequestExpired", message="Request has expired."))
    refused(cli.run("up", "--yes"), 4, "credentials have expired", "nothing is lost")
    sim.clear_faults()
    assert cli.ok("up", "--yes").strip() == cli.ok("ip").strip()
    assert len(sim.leftovers()["instances"]) == 1
