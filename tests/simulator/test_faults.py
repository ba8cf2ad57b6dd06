"""The rules of faults, without a network."""

import threading

import pytest

from gpuinfra.simulator.api.faults import NO_RIGHT, Fault, FaultBook
from tests.waiting import PATIENCE_S


def strikes(book: FaultBook, calls: int, action: str = "RunInstances", text: str = "") -> list[bool]:
    """Say for each of so many equal calls whether a fault strikes it."""
    return [book.hit("ec2", action, text) is not None for _ in range(calls)]


@pytest.mark.parametrize(
    ("fault", "struck"),
    [
        (Fault(match="RunInstances"), [True, False, False, False]),
        (Fault(match="RunInstances", count=2), [True, True, False, False]),
        (Fault(match="RunInstances", nth=2), [False, True, False, False]),
        (Fault(match="RunInstances", nth=3, count=None), [False, False, True, True]),
    ],
)
def test_nth_and_count_bound_a_fault(fault: Fault, struck: list[bool]) -> None:
    """A fault strikes `count` matching calls from the nth on; count None never ends."""
    book = FaultBook()
    book.add([fault])
    assert strikes(book, 4) == struck


@pytest.mark.parametrize(
    ("match", "action", "hit"),
    [
        ("RunInstances", "RunInstances", True),
        ("RunInstances", "DescribeInstances", False),
        ("Describe*", "DescribeInstances", True),
        ("ec2:*", "RunInstances", True),
        ("sts:*", "RunInstances", False),
    ],
)
def test_match_takes_wildcards_and_services(match: str, action: str, hit: bool) -> None:
    """`match` is an action, with wildcards, and with its service where it holds a colon."""
    book = FaultBook()
    book.add([Fault(match=match)])
    assert strikes(book, 1, action) == [hit]


def test_body_narrows_a_fault_and_other_calls_are_not_counted() -> None:
    """Only calls that hold the text count towards nth."""
    book = FaultBook()
    book.add([Fault(match="RunInstances", body="InstanceType=p5.48xlarge", nth=2)])
    assert strikes(book, 2, text="InstanceType=g4dn.xlarge") == [False, False]
    assert strikes(book, 2, text="InstanceType=p5.48xlarge") == [False, True]


def test_the_first_fault_that_is_due_wins_and_all_count() -> None:
    """Faults for the same action follow each other as their nth say."""
    book = FaultBook()
    book.add([Fault(match="RunInstances", code="First"), Fault(match="RunInstances", nth=2, code="Second")])
    hits = [book.hit("ec2", "RunInstances", "") for _ in range(3)]
    assert [hit.code if hit else "" for hit in hits] == ["First", "Second", ""]


def test_a_dry_run_is_not_counted_and_told_of_missing_rights_alone() -> None:
    """It tells what the next call would meet; what a test waits for is the call itself."""
    book = FaultBook()
    book.add([Fault(match="RunInstances", code="InsufficientInstanceCapacity")])
    assert book.hit("ec2", "RunInstances", "", is_dry_run=True) is None
    book.add([Fault(match="RunInstances", nth=2, code=NO_RIGHT)])
    assert book.hit("ec2", "RunInstances", "", is_dry_run=True) is None
    assert strikes(book, 1) == [True]
    found = book.hit("ec2", "RunInstances", "", is_dry_run=True)
    assert found is not None
    assert found.code == NO_RIGHT
    assert strikes(book, 2) == [True, False]
    assert book.hit("ec2", "RunInstances", "", is_dry_run=True) is None


def test_clear_removes_faults_and_their_counts() -> None:
    """After clear() nothing strikes, and a fault set again starts at one."""
    book = FaultBook()
    fault = Fault(match="RunInstances", nth=2)
    book.add([fault])
    assert strikes(book, 1) == [False]
    book.clear()
    assert book.all() == []
    book.add([fault])
    assert strikes(book, 2) == [False, True]


def test_a_fault_survives_json() -> None:
    """What a client sends is what the server acts on."""
    fault = Fault(match="RunInstances", code="X", delay_s=1.5, drop=True, after=True, count=None)
    assert Fault.from_json(fault.to_json()) == fault


def test_an_unknown_key_is_refused() -> None:
    """A misspelt fault must not pass as no fault."""
    with pytest.raises(TypeError):
        Fault.from_json({"match": "RunInstances", "delay": 1})


def test_what_a_fault_holds_up_goes_on_when_the_faults_are_cleared() -> None:
    """A call that is held for minutes is let go at once; a fault that is gone holds nothing up."""
    book, fault = FaultBook(), Fault(match="*", delay_s=600)
    book.add([fault])
    held = threading.Thread(target=book.hold, args=(fault,), daemon=True)
    held.start()
    assert held.is_alive()
    book.clear()
    held.join(PATIENCE_S)
    assert not held.is_alive()
    book.hold(fault)
