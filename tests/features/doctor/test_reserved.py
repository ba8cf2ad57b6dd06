"""The reservation that is asked for: looked at by doctor, plan and up; not sure where AWS does not tell."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.doctor.ahead import AccountCheck
from gpuinfra.features.doctor.doctor import examine
from gpuinfra.features.doctor.finding import BAD, OK, UNSURE
from gpuinfra.features.doctor.reserved import NAME as CHECK
from gpuinfra.features.doctor.reserved import reservation
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Record
from tests.fakes.account import G4DN, FakeAccount
from tests.fakes.host import fake_world
from tests.fakes.world import SETTINGS, FakeReporter
from tests.features.capacity.test_reserved import BLOCK, NAME
from tests.features.doctor.situations import denied, situation, told

NOW = datetime.now(UTC)
HELD = replace(BLOCK, instance_type=G4DN.name, begins=NOW, ends=NOW + timedelta(days=2))
ASKED: dict[str, Any] = {"capacity_reservation_id": NAME, "market": "capacity-block"}


def test_one_that_fits_shows_its_end() -> None:
    """With what it is for, and how many places are left."""
    it = situation(FakeAccount(reserved=HELD), **ASKED)
    told(reservation, it, OK, "g4dn.xlarge in us-east-1a, 1 free", "")
    assert "EC2 terminates the host, with its disk" in reservation(it).text


def test_its_zone_is_that_of_the_subnet() -> None:
    """A subnet says where the host would be."""
    elsewhere = replace(HELD, zone="us-east-1b")
    it = situation(FakeAccount(reserved=elsewhere), subnet_id="subnet-1", **ASKED)
    told(
        reservation, it, BAD, "is in us-east-1b, and the host would be in us-east-1a", "aws ec2 describe-sub"
    )


def test_what_aws_does_not_tell_is_not_sure() -> None:
    """And is looked at only where it is asked for."""
    account = FakeAccount(reserved=HELD, refuses={"reservation": denied("ec2:DescribeCapacityReservations")})
    findings = {it.name: it for it in examine(situation(account, **ASKED), FakeReporter()).findings}
    assert findings[CHECK].state == UNSURE
    account = FakeAccount()
    assert CHECK not in {it.name for it in examine(situation(account), FakeReporter()).findings}
    assert "reservation" not in account.asked


@pytest.mark.parametrize("may_ask", [True, False])
def test_up_refuses_what_is_certain(tmp_path: Path, may_ask: bool) -> None:
    """Nothing is made in a block that is over; where nobody may ask, AWS will say so."""
    refuses = {} if may_ask else {"reservation": denied("ec2:DescribeCapacityReservations")}
    account = FakeAccount(reserved=replace(HELD, state="expired"), refuses=refuses)
    world = fake_world(tmp_path, account_reader=lambda *_: account, reporter=FakeReporter())
    check = AccountCheck(world, replace(SETTINGS, **ASKED), Record())
    if may_ask:
        with pytest.raises(
            CloudError, match=f"this host cannot be had: the Capacity Block {NAME} is expired"
        ):
            check.refuse()
    else:
        check.refuse()
