"""A reservation that a host does not fit into is refused before it is made, each kind with one next step."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gpuinfra.features.capacity import reserved
from gpuinfra.features.capacity.reserved import ReservationSummary, summary, trouble
from gpuinfra.ground.model import Settings
from gpuinfra.ground.reservation import Reservation
from tests.fakes.world import RUNNING, SETTINGS
from tests.samples import host

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
NAME = "cr-0123456789abcdef0"
BLOCK = Reservation(
    reservation_id=NAME,
    state="active",
    instance_type="p5.48xlarge",
    zone="us-east-1a",
    platform="Linux/UNIX",
    tenancy="default",
    is_block=True,
    free=1,
    begins=NOW - timedelta(hours=1),
    ends=NOW + timedelta(hours=2, minutes=30),
)
FITS = replace(SETTINGS, capacity_reservation_id=NAME, instance_type="p5.48xlarge", market="capacity-block")


def wrong(
    found: Reservation | None, settings: Settings = FITS, zones: tuple[str, ...] = ()
) -> tuple[str, str]:
    """Return what is wrong, and what mends it."""
    it = trouble(found, settings, zones, NOW)
    return (it.text, it.hint) if it else ("", "")


def test_a_block_that_fits() -> None:
    """In its zone, or where no zone is named."""
    assert wrong(BLOCK) == wrong(BLOCK, zones=("us-east-1a",)) == ("", "")


LOOK = "aws ec2 describe-capacity-reservations --region us-east-1"


@pytest.mark.parametrize(
    ("changed", "settings", "zones", "text", "hint"),
    [
        ({"state": "expired"}, {}, (), f"the Capacity Block {NAME} is expired", LOOK),
        ({"state": "cancelled"}, {}, (), "is cancelled", LOOK),
        ({"state": "failed"}, {}, (), "is failed", LOOK),
        ({"state": "payment-failed"}, {}, (), "is payment-failed", LOOK),
        ({"ends": NOW + timedelta(minutes=29)}, {}, (), "EC2 terminates its hosts already", LOOK),
        ({}, {"market": "on-demand"}, (), "is not for market 'on-demand'", 'set market = "capacity-block"'),
        (
            {"is_block": False},
            {},
            (),
            f"the capacity reservation {NAME} is not for market 'capacity-block'",
            'set market = "on-demand" in terraform.tfvars',
        ),
        (
            {},
            {"instance_type": "g4dn.xlarge"},
            (),
            "is for p5.48xlarge, and the host is a g4dn.xlarge",
            'set instance_type = "p5.48xlarge"',
        ),
        (
            {},
            {},
            ("us-east-1b",),
            "is in us-east-1a, and the host would be in us-east-1b",
            'set availability_zone = "us-east-1a"',
        ),
        (
            {},
            {"subnet_id": "subnet-1"},
            ("us-east-1b",),
            "is in us-east-1a, and the host would be in us-east-1b",
            "aws ec2 describe-subnets --region us-east-1 --filters Name=availability-zone,Values=us-east-1a",
        ),
        ({"platform": "Windows"}, {}, (), "is for the platform Windows, and the host's is Linux/UNIX", LOOK),
        ({"tenancy": "dedicated"}, {}, (), "is for hosts of tenancy dedicated", LOOK),
        ({"free": 0}, {}, (), "has no free place", f"{LOOK} --capacity-reservation-ids {NAME}"),
        (
            {"state": "scheduled", "begins": NOW + timedelta(minutes=150), "free": 0},
            {},
            (),
            "begins",
            "gpuinfra up --wait 3h   # waits until then",
        ),
        ({"state": "payment-pending"}, {}, (), "is payment-pending", f"{LOOK} --capacity-reservation-ids"),
    ],
)
def test_what_is_certain_is_refused(
    changed: dict[str, Any], settings: dict[str, Any], zones: tuple[str, ...], text: str, hint: str
) -> None:
    """With the value found, and one next step."""
    found, step = wrong(replace(BLOCK, **changed), replace(FITS, **settings), zones)
    assert text in found
    assert step.startswith(hint)


def test_one_that_is_not_there() -> None:
    """In this region, of this account."""
    text, hint = wrong(None)
    assert text == f"the account has no capacity reservation {NAME} in us-east-1"
    assert hint.startswith(LOOK)


def test_what_is_not_certain_is_not_refused() -> None:
    """An image of the user's own may be of any platform; a state that is not known may be a good one."""
    assert wrong(replace(BLOCK, platform="Ubuntu Pro"), replace(FITS, ami_id="ami-1")) == ("", "")
    assert wrong(replace(BLOCK, state="unavailable", free=0)) == ("", "")


def line(found: Reservation, told: str = "") -> str:
    """Return what is shown of it."""
    return replace(summary(found, stack="default"), told=told).line(NOW)


def test_the_end_of_a_block_in_one_line() -> None:
    """When it ends, when work is saved, when EC2 ends the host; and whether the host knows it."""
    shown = line(BLOCK, told="2026-12-01T11:30:00Z")
    assert shown == (
        f"Capacity Block {NAME} ends at 11:30, in 2 h 30 min; on_stop and the saves run at 10:55, 5 min later"
        " EC2 terminates the host, with its disk"
    )
    assert line(BLOCK).endswith("; the host does not know it: gpuinfra up tells it")
    later = line(BLOCK, told="2026-12-02T11:30:00Z")
    assert later.endswith("; the host takes on Wed 2026-12-02 at 11:30 for the end: gpuinfra up tells it")


def test_the_end_of_a_reservation_is_another_thing() -> None:
    """Its host runs on, at another price; one without an end says so."""
    open_end = replace(BLOCK, is_block=False, ends=None)
    assert line(open_end) == f"capacity reservation {NAME}, without an end"
    shown = line(replace(BLOCK, is_block=False))
    assert shown.endswith("in 2 h 30 min; the host runs on after it, at the on-demand price")
    assert line(replace(open_end, state="cancelled")).startswith(f"capacity reservation {NAME} (cancelled)")


def test_what_aws_does_not_tell_is_not_known() -> None:
    """What the host was told stands beside it."""
    untold = ReservationSummary(
        stack="default", reservation_id=NAME, is_block=True, told="2026-12-01T11:30:00Z", why="no right"
    )
    assert untold.line(NOW).endswith("when it ends is not known: no right; the host takes at 11:30 for it")
    assert "the host" not in replace(untold, told="").line(NOW)


@pytest.mark.parametrize(
    ("since", "last_words", "says"),
    [
        ("2026-12-01T11:01:00Z", "", "ended with its Capacity Block"),
        ("2026-12-01T10:00:00Z", "", "terminated outside of gpuinfra"),
        ("", f"{reserved.WORDS}, which ends 2026-12-01T11:30:00Z (EC2)", "ended with its Capacity Block"),
        ("2026-12-01T10:00:00Z", "idle for 60 min (guard)", "terminated outside of gpuinfra"),
    ],
)
def test_why_a_host_is_gone(since: str, last_words: str, says: str) -> None:
    """By its own words, else by the time: nobody has stopped it by hand."""
    gone = replace(RUNNING, state="terminated", since=since, block_ends="2026-12-01T11:30:00Z")
    assert says in reserved.gone(host(), gone, last_words)


def test_a_host_that_aws_has_forgotten_may_have_ended_so() -> None:
    """After an hour nobody knows any more."""
    assert "or ended with its Capacity Block" in reserved.gone(host(market="capacity-block"), None, "")
    assert "Capacity Block" not in reserved.gone(host(), None, "")
