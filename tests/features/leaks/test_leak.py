"""What was found is told apart by what the stacks here record, and by whose it is."""

import dataclasses

import pytest

from gpuinfra.features.leaks.known import Known, known
from gpuinfra.features.leaks.leak import ELSEWHERE, LEFT, LOST
from gpuinfra.features.leaks.pricing import price
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Record
from tests.fakes.host import fake_world
from tests.fakes.world import RECORDED, RUNNING, FakeReporter, FakeState
from tests.features.leaks.scene import (
    BOBS,
    DISK,
    DISK_OF_HOST,
    GROUP,
    HERE,
    HOST,
    KEY,
    KNOWN,
    OURS,
    ROLE,
    THERE,
    FixedPrices,
    by_id,
    leaks,
)


def test_what_is_recorded_is_no_leak() -> None:
    """By its id in its region, and so is what goes with it; the same name in another region is none."""
    host = dataclasses.replace(HOST, resource_id="i-9", tags=OURS)
    disk = dataclasses.replace(DISK_OF_HOST, goes_with="i-9", tags=OURS)
    elsewhere = dataclasses.replace(host, region=THERE)
    assert set(by_id(leaks(host, disk).found)) == set()
    assert [it.thing.region for it in leaks(host, elsewhere).found] == [THERE]


def test_three_cases() -> None:
    """Lost by a stack of this project; left by a stack that has no host; of a stack that lives elsewhere."""
    assert by_id(leaks(DISK).found)["vol-2"].case == LOST
    assert by_id(leaks(GROUP).found)["sg-1"].case == LEFT
    assert {it.case for it in leaks(HOST, GROUP, ROLE).found} == {ELSEWHERE}


@pytest.mark.parametrize(
    ("tags", "deletable"), [(OURS, True), (BOBS, False), (dataclasses.replace(OURS, owner=""), False)]
)
def test_only_what_has_our_owner_may_be_deleted(tags: object, deletable: bool) -> None:
    """A colleague's is shown, and left alone; so is what says nobody's name."""
    (found,) = leaks(dataclasses.replace(GROUP, tags=tags)).found  # type: ignore[arg-type]
    assert found.may_be_deleted is deletable


def test_what_gpuinfra_never_makes_is_not_deleted() -> None:
    """Somebody has put our tag on a topic: it is shown."""
    (found,) = leaks(dataclasses.replace(GROUP, kind="sns")).found
    assert (found.what, found.may_be_deleted) == ("something of sns", False)


def test_a_role_is_not_deleted_where_a_host_may_use_it_unseen() -> None:
    """A region that refused may have the host."""
    assert by_id(leaks(ROLE).found)[ROLE.resource_id].may_be_deleted
    assert not by_id(leaks(ROLE, is_whole=False).found)[ROLE.resource_id].may_be_deleted
    assert by_id(leaks(KEY, is_whole=False).found)["key-1"].may_be_deleted


def test_nothing_of_a_stack_whose_record_is_damaged_is_deleted() -> None:
    """What it records cannot be known."""
    damaged = Known(stacks=frozenset({OURS}), unreadable=frozenset({OURS}))
    assert not by_id(leaks(DISK, known=damaged).found)["vol-2"].may_be_deleted


def test_known_is_what_the_stacks_record(tmp_path: object) -> None:
    """The ids of the state, the disk of the host, and the stack's tags even before the first `up`."""
    found = known([fake_world(tmp_path)])  # type: ignore[arg-type]
    assert (HERE, RUNNING.instance_id) in found.ids
    assert RECORDED.host
    assert (HERE, RECORDED.host.root_volume_id) in found.ids
    assert found.stacks == {OURS}
    before = known([fake_world(tmp_path, records=(Record(),))])  # type: ignore[arg-type]
    assert not before.ids
    assert before.stacks == {OURS}
    assert before.owners == {"tester"}


class DamagedState(FakeState):
    """A state that cannot be read."""

    def read(self) -> Record:
        """Refuse."""
        raise ConfigError("it is no JSON")


def test_a_damaged_record_is_said(tmp_path: object) -> None:
    """It is no reason not to search."""
    reporter = FakeReporter()
    world = fake_world(tmp_path, state=DamagedState(Record()), reporter=reporter)  # type: ignore[arg-type]
    assert known([world]).unreadable == {OURS}
    assert reporter.said == ["! the record of stack 'default' cannot be read: it is no JSON"]


@pytest.mark.parametrize(
    ("thing", "usd_h"),
    [
        (HOST, 1.005),
        (dataclasses.replace(HOST, is_spot=True, has_address=False), 1 / 3),
        (dataclasses.replace(HOST, state="stopped"), 0.0),
        (DISK, 0.128),
        (dataclasses.replace(DISK, volume_type="io2"), None),
        (dataclasses.replace(DISK, kind="aws_ami"), 0.128),
        (dataclasses.replace(GROUP, kind="aws_nat_gateway"), 1.0),
        (dataclasses.replace(GROUP, kind="aws_vpc_endpoint", zones=3), 3.0),
        (dataclasses.replace(GROUP, kind="aws_vpc_endpoint", zones=0), 0.0),
        (dataclasses.replace(GROUP, kind="aws_eip"), 0.005),
        (GROUP, 0.0),
        (dataclasses.replace(GROUP, kind="sns"), None),
    ],
)
def test_what_each_costs(thing: object, usd_h: float | None) -> None:
    """A host with its address while it runs; a disk by its size; what nobody told is unknown."""
    found = price(thing, FixedPrices()).usd_h  # type: ignore[arg-type]
    assert found == (usd_h if usd_h is None else pytest.approx(usd_h))


def test_an_unknown_price_stays_unknown() -> None:
    """No guess, and why it is not known."""
    for thing in (HOST, DISK):
        found = price(thing, FixedPrices(None))
        assert (found.usd_h, found.why) == (None, "allow pricing:GetProducts")


def test_all_that_a_search_knows_is_known_of_no_leak() -> None:
    """The scene's own record is whole."""
    assert KNOWN.owners == {"tester"}
