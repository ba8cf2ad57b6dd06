"""What AWS refuses while the host is being made: one plain line, the next step, the right exit code."""

import subprocess
from dataclasses import dataclass

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.simulator.aws import client
from tests.timing import alone_s

pytestmark = pytest.mark.e2e
ENCODED = "Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm"
# A lack of capacity used to be retried for an hour; five tries end well within this.
SOON_S = 90


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the error table: what AWS answers, and what the user must read."""

    code: str
    says: tuple[str, ...]
    status: int = 400
    match: str = "RunInstances"
    message: str = "Injected."


ROWS = {
    "quota": Row(
        code="VcpuLimitExceeded",
        message="You have requested more vCPU capacity than your current vCPU limit of 0 allows",
        says=(
            "error: the account's vCPU quota L-DB2E81BA (G and VT on-demand) is too small for g4dn.xlarge",
            "current vCPU limit of 0",
            "  next: gpuinfra quota request --type g4dn.xlarge   # asks AWS for more",
        ),
    ),
    "capacity": Row(
        code="InsufficientInstanceCapacity",
        status=500,
        message="We currently do not have sufficient g4dn.xlarge capacity in the zone you requested",
        says=(
            "error: AWS has no g4dn.xlarge in us-east-1 to give right now",
            "  next: set another availability_zone, instance_type or region in terraform.tfvars",
        ),
    ),
    "marketplace": Row(
        code="OptInRequired",
        status=401,
        message="In order to use this AWS Marketplace product you need to accept terms and subscribe."
        " To do so please visit https://aws.amazon.com/marketplace/pp?sku=abc123",
        says=(
            "error: the account has not accepted the terms of the NVIDIA image",
            "  next: accept them once at https://aws.amazon.com/marketplace/pp?sku=abc123,",
        ),
    ),
    "permission": Row(
        code="UnauthorizedOperation",
        status=403,
        message=f"You are not authorized to perform this operation. {ENCODED}",
        says=(
            "error: your AWS user or role may not do ec2:RunInstances",
            "  next: ask your AWS administrator to allow ec2:RunInstances",
        ),
    ),
    "permission of IAM": Row(
        code="AccessDenied",
        status=403,
        match="CreateRole",
        says=("  next: ask your AWS administrator to allow iam:CreateRole",),
    ),
    "zone": Row(
        code="Unsupported",
        message="Your requested instance type (g4dn.xlarge) is not supported in your requested zone",
        says=(
            "error: AWS does not offer g4dn.xlarge in us-east-1 like this",
            "  next: set another availability_zone or instance_type",
        ),
    ),
    "throttled": Row(
        code="RequestLimitExceeded",
        status=503,
        says=("error: AWS is throttling this account", "  next: run the same command again in a minute"),
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_refused(row: Row, cli: Cli, sim: Simulator) -> None:
    """A refusal that stays ends soon, in plain words with the next step."""
    sim.fault(Fault(match=row.match, count=None, status=row.status, code=row.code, message=row.message))
    ended: list[subprocess.CompletedProcess[str]] = []
    took_s = alone_s(lambda: ended.append(cli.run("up", "--yes")))
    done = ended.pop()
    refused(done, 4, *row.says)
    assert ENCODED not in done.stderr
    assert took_s < SOON_S
    assert 1 <= len(sim.calls(row.match)) <= 5


def test_throttled_for_a_while(cli: Cli, sim: Simulator) -> None:
    """Throttling that ends is waited out."""
    sim.fault(Fault(match="RunInstances", count=2, status=503, code="RequestLimitExceeded"))
    assert cli.ok("up", "--yes").strip() == cli.ok("ip").strip()
    assert [c.status for c in sim.calls("RunInstances")] == [503, 503, 200]


def test_no_default_vpc(cli: Cli, sim: Simulator) -> None:
    """An account without a default VPC is told the two ways out while planning, before anything is made."""
    sim.remove_default_vpc()
    done = cli.run("plan")
    refused(
        done,
        3,
        "error: Region us-east-1 has no default VPC and subnet_id is not set",
        "aws ec2 create-default-vpc --region us-east-1",
    )
    assert "network.tf" not in done.stderr


def test_what_a_plan_can_know_is_refused_there_and_never_blocks_down(cli: Cli, sim: Simulator) -> None:
    """A zone without the type, a type of Arm's, a default network whose subnet went under a host."""
    cli.edit("availability_zone = null", 'availability_zone = "us-east-1e"')
    refused(
        cli.run("plan"), 3, "Zone us-east-1e does not offer g4dn.xlarge to this account; these do: us-east-1a"
    )
    cli.edit('"us-east-1e"', '"us-east-1b"')
    cli.edit('"g4dn.xlarge"', '"g5g.2xlarge"')
    cli.edit('image = "nvidia"', 'image = "aws-nvidia"')
    refused(
        cli.run("plan"), 3, "has processors of Arm's (arm64)", "to a type for x86_64, such as g4dn.2xlarge."
    )
    cli.edit('"g5g.2xlarge"', '"t2.medium"')
    cli.edit('image = "aws-nvidia"', 'image = "ubuntu"')
    cli.ok("up", "--yes")
    assert sim.calls("RunInstances")[-1].params["EbsOptimized"] == "false"
    ec2 = client("ec2", sim)
    (lost,) = ec2.describe_subnets(Filters=[{"Name": "availability-zone", "Values": ["us-east-1b"]}])[
        "Subnets"
    ]
    ec2.delete_subnet(SubnetId=lost["SubnetId"])  # EC2 would not; a plan that is refused is what counts
    refused(cli.run("plan"), 3, "has no default subnet in us-east-1b", "--availability-zone us-east-1b")
    cli.ok("down", "--yes")
    assert len(sim.calls("RunInstances")) == 1
