"""The calls of our own about capacity reservations, against the simulated API and odd answers."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from gpuinfra.ground.errors import CloudError, MayNot
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import REGION, Simulator
from gpuinfra.tools.aws import reservations
from gpuinfra.tools.aws.doctor import AwsAccount
from gpuinfra.tools.aws.ec2 import Aws
from tests.simulator.aws import launch
from tests.simulator.test_reservations import BLOCK, NAME

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client


@pytest.fixture
def account(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> AwsAccount:
    """Our adapter, pointed at the simulator."""
    for name, value in sim.env({}).items():
        monkeypatch.setenv(name, value)
    return AwsAccount(REGION)


def test_a_block_is_told_with_its_times(account: AwsAccount, sim: Simulator) -> None:
    """Type, zone, places, state, begin and end."""
    sim.reserve(NAME, block=True, count=2, ends_in_s=86400)
    found = account.reservation(NAME)
    assert found
    assert (found.reservation_id, found.state, found.is_block, found.free) == (NAME, "active", True, 2)
    assert (found.instance_type, found.zone) == ("g4dn.xlarge", "us-east-1a")
    assert (found.platform, found.tenancy) == ("Linux/UNIX", "default")
    assert found.begins
    assert found.ends
    assert round((found.ends - found.begins).total_seconds()) == 86400
    assert found.ec2_ends
    assert (found.ends - found.ec2_ends).total_seconds() == 1800


def test_an_on_demand_reservation_ends_no_host(account: AwsAccount, sim: Simulator) -> None:
    """With an end or without one."""
    sim.reserve(NAME, ends_in_s=86400)
    found = account.reservation(NAME)
    assert found
    assert found.ends
    assert (found.is_block, found.ec2_ends, found.saves) == (False, None, None)


def test_one_that_is_not_there(account: AwsAccount) -> None:
    """No error: nobody has it."""
    assert account.reservation(NAME) is None


def test_who_may_not_ask_is_told_so(account: AwsAccount, sim: Simulator) -> None:
    """In the words of every missing right."""
    refusal = Fault(match="DescribeCapacityReservations", status=403, code="UnauthorizedOperation")
    sim.fault(refusal)
    with pytest.raises(MayNot, match="ec2:DescribeCapacityReservations"):
        account.reservation(NAME)


def test_an_instance_says_what_it_was_made_for(account: AwsAccount, sim: Simulator, ec2: "EC2Client") -> None:
    """Also when it is stopped; and what it was told of the end."""
    sim.reserve(NAME, block=True, ends_in_s=86400)
    made = launch(ec2, **BLOCK)["InstanceId"]
    aws = Aws(region=REGION, sleep=lambda _: None)
    aws.tag([made], {"gpuinfra:block-ends": "2026-12-01T11:30:00Z"})
    ec2.stop_instances(InstanceIds=[made])
    found = aws.instance(made)
    assert found
    assert (found.reservation_id, found.market) == (NAME, "capacity-block")
    assert found.block_ends == "2026-12-01T11:30:00Z"


@pytest.mark.parametrize(
    "odd",
    [
        {"State": 7},
        {"AvailableInstanceCount": "two"},
        {"EndDate": "soon"},
        {"StartDate": datetime(2026, 1, 1)},
    ],
)
def test_an_odd_answer_is_refused(odd: dict[str, Any]) -> None:
    """What is none of AWS's is not taken for an end of the block."""

    class Odd:
        def describe_capacity_reservations(self, **_: object) -> dict[str, Any]:
            return {"CapacityReservations": [{"CapacityReservationId": NAME, **odd}]}

    with pytest.raises(CloudError, match="DescribeCapacityReservations answers"):
        reservations.find(Odd(), NAME)
