"""Both directions without a network: order, repetition, the window, and when a connection is given up."""

import random

from gpuinfra.tools.ssm.messages import DATA, OUTPUT, Message
from gpuinfra.tools.ssm.stream import (
    EARLY,
    EARLY_BYTES,
    GIVE_UP_S,
    LONGEST_RETRY_S,
    WINDOW,
    Incoming,
    Outgoing,
)


def arriving(sequence: int) -> Message:
    """Return a message of the host."""
    return Message(type=OUTPUT, sequence=sequence, kind=DATA, payload=str(sequence).encode())


def send(out: Outgoing, count: int, now: float = 0) -> None:
    """Send so many messages."""
    for _ in range(count):
        message = out.number(DATA, b"x")
        out.sent(message, str(message.sequence).encode(), now)


def test_any_order_with_repetitions_comes_out_as_it_was_sent() -> None:
    """Each once, in order, whatever the gateway does."""
    numbers = [*range(500), *range(0, 500, 3)]
    random.Random(1).shuffle(numbers)
    incoming = Incoming()
    passed = [it.sequence for n in numbers for it in incoming.in_order(arriving(n))]
    assert passed == list(range(500))


def test_what_comes_far_too_early_is_not_taken() -> None:
    """Memory has an end; what is not acknowledged comes again."""
    incoming = Incoming()
    assert incoming.is_taken(arriving(EARLY - 1))
    assert not incoming.is_taken(arriving(EARLY))


def test_what_waits_for_a_missing_one_is_limited_by_bytes() -> None:
    """Big messages fill memory as many do; the missing one itself is always taken, and makes room again."""
    incoming, big = Incoming(), b"x" * 2**20
    early = [Message(type=OUTPUT, sequence=n, kind=DATA, payload=big) for n in range(1, 100)]
    taken = [it for it in early if incoming.is_taken(it) and not list(incoming.in_order(it))]
    assert len(taken) == EARLY_BYTES // len(big)
    assert incoming.is_taken(taken[0])
    assert incoming.is_taken(arriving(0))
    assert len(list(incoming.in_order(arriving(0)))) == len(taken) + 1
    assert incoming.is_taken(early[len(taken)])


def test_the_window_closes_and_opens() -> None:
    """No more under way than the window takes."""
    out = Outgoing()
    send(out, WINDOW)
    assert not out.has_room
    out.acknowledged(5, 0.1)
    assert out.has_room


def test_only_what_is_overdue_is_repeated_each_time_later() -> None:
    """Once after the time that acknowledgements take here, then after twice that."""
    out = Outgoing()
    send(out, 2)
    out.acknowledged(0, 0.1)  # 0.1 s there and back: overdue after 0.3 s
    assert out.due(0.2) == []
    assert out.due(0.35) == [b"1"]
    assert out.due(0.7) == []
    assert out.due(1.0) == [b"1"]


def test_a_slow_line_is_not_flooded_with_repetitions() -> None:
    """A second there and back is learned; nothing is repeated on such a line."""
    out = Outgoing()
    for n in range(20):
        send(out, 1, now=float(n))
        out.acknowledged(n, n + 1.0)
    assert 1.0 < out.retry_s <= LONGEST_RETRY_S


def test_a_new_connection_gets_all_that_is_under_way() -> None:
    """In order; what had arrived is not sent again."""
    out = Outgoing()
    send(out, 4)
    out.acknowledged(1, 0.1)
    assert out.all_again(10.0) == [b"0", b"2", b"3"]
    assert out.due(10.1) == []


def test_a_minute_in_vain_is_stuck() -> None:
    """Then another connection is tried."""
    out = Outgoing()
    send(out, 1)
    assert not out.is_stuck(GIVE_UP_S)
    assert out.is_stuck(GIVE_UP_S + 1)
    assert not Outgoing().is_stuck(1e9)
