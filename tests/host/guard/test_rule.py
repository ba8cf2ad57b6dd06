"""When an unused host ends: by examples, and by random histories."""

import random
from typing import Any

import pytest

from gpuinfra.host.guard import rule
from gpuinfra.host.guard.limits import Limits
from gpuinfra.host.guard.rule import Seen, State

STEP_S = 20.0
QUIET, BUSY, FAILED = Seen(False, "quiet"), Seen(True, "busy"), Seen(None, "not read")


def grown_up() -> State:
    """Return the state of a host that has been on for longer than the grace after its boot."""
    return State({"up_s": rule.GRACE_S})


def ticks(state: State, limits: Limits, seen: dict[str, Seen], minutes: float, **more: Any) -> list[str]:
    """Let time pass; return what was to be done, until the end."""
    done = []
    for _ in range(round(minutes * 60 / STEP_S)):
        todo = state.advance(seen, limits, STEP_S, **{"off_hour": False, **more})
        done += [todo] if todo else []
        if todo == rule.END:
            break
    return done


def test_an_unused_host_ends_at_its_limit_after_two_warnings() -> None:
    """At 60 minutes, not before: warned 10 minutes and 1 minute ahead."""
    state = grown_up()
    assert ticks(state, Limits("idle=60 warn=10"), {"gpu": QUIET}, 59.5) == [rule.WARN, rule.WARN]
    assert ticks(state, Limits("idle=60 warn=10"), {"gpu": QUIET}, 1) == [rule.END]
    assert (state.idle_s, state.why) == (3600, rule.IDLE)


def test_one_busy_signal_begins_the_idle_time_anew_and_takes_the_warning_back() -> None:
    """Whoever works on is told that the host stays."""
    state = grown_up()
    ticks(state, Limits(), {"gpu": QUIET}, 55)
    assert ticks(state, Limits(), {"gpu": QUIET, "cpu": BUSY}, 1) == [rule.WITHDRAW]
    assert ticks(state, Limits(), {"gpu": QUIET}, 49) == []


def test_a_signal_that_fails_holds_the_clock_for_six_hours_and_no_longer() -> None:
    """A broken nvidia-smi neither stops a busy host nor keeps an idle one for ever."""
    state = grown_up()
    assert ticks(state, Limits(), {"gpu": FAILED, "cpu": QUIET}, 6 * 60) == []
    assert state.idle_s == 0
    assert ticks(state, Limits(), {"gpu": FAILED, "cpu": QUIET}, 61)[-1] == rule.END


def test_a_signal_that_comes_and_goes_does_not_keep_a_host_for_ever() -> None:
    """The worst mix of good and bad ticks holds it for about eight hours."""
    for bad in range(1, 20):
        state, at = grown_up(), 0
        while (
            state.advance({"gpu": FAILED if at % 20 < bad else QUIET}, Limits(), STEP_S, off_hour=False)
            != rule.END
        ):
            at += 1
        assert at * STEP_S < 9 * 3600, bad


def test_max_hours_ends_a_busy_host_after_a_warning() -> None:
    """The user has said so; the reason is another one."""
    state = grown_up()
    assert ticks(state, Limits("max=2 warn=10"), {"job": BUSY}, 121) == [rule.WARN, rule.WARN, rule.END]
    assert (state.why, state.on_s) == (rule.MAX_HOURS, 7200)


def test_nobody_is_ended_without_the_whole_warning() -> None:
    """Also when a changed tag, or an off hour, puts the end into the past."""
    state = grown_up()
    ticks(state, Limits(), {"gpu": QUIET}, 40)
    done = ticks(state, Limits("idle=10 warn=5"), {"gpu": QUIET}, 4.5)
    assert (done[0], rule.END in done) == (rule.WARN, False)
    assert ticks(state, Limits("idle=10 warn=5"), {"gpu": QUIET}, 1) == [rule.END]


def test_in_off_hours_an_unused_host_ends_sooner_and_a_busy_one_does_not() -> None:
    """The idle limit is then twice warn_minutes."""
    state = grown_up()
    assert ticks(state, Limits(), {"job": BUSY}, 300, off_hour=True) == []
    assert ticks(state, Limits(), {"job": QUIET}, 20.5, off_hour=True) == [rule.WARN, rule.WARN, rule.END]


def test_after_a_boot_a_host_stays_for_fifteen_minutes() -> None:
    """Somebody may be about to connect; the idle time of before a reboot is kept."""
    state = State({"idle_s": 3500.0})
    state.begin_boot(is_start=False)
    assert rule.END not in ticks(state, Limits(), {"gpu": QUIET}, 14.5)
    assert ticks(state, Limits(), {"gpu": QUIET}, 1)[-1] == rule.END
    state.begin_boot(is_start=True)
    assert (state.idle_s, state.on_s) == (0, 0)


def test_extend_and_off_hold_the_end_for_their_time() -> None:
    """Then the guard is on again; off without a time lasts until it is switched on."""
    state = grown_up()
    state.take({"extended_s": 7200.0})
    assert rule.END not in ticks(state, Limits(), {"gpu": QUIET}, 119)
    assert ticks(state, Limits(), {"gpu": QUIET}, 2)[-1] == rule.END
    state = grown_up()
    state.take({"off_s": 8 * 3600.0})
    assert ticks(state, Limits(), {"gpu": QUIET}, 8 * 60 + 45) == []
    assert ticks(state, Limits(), {"gpu": QUIET}, 20)[-1] == rule.END
    state = grown_up()
    state.take({"off_s": rule.UNTIL_ON})
    assert ticks(state, Limits("idle=5 max=1"), {"gpu": QUIET}, 1000) == []
    state.take({"off_s": 0.0, "kind": "on"})
    assert state.idle_s == 0


def test_a_shorter_extension_takes_nothing_from_a_longer_one() -> None:
    """ "At least 8 hours" was promised; half an hour more is less than that. `on` ends it."""
    state = grown_up()
    state.take({"kind": "extend", "extended_s": 8 * 3600.0})
    state.take({"kind": "extend", "extended_s": 1800.0})
    assert rule.END not in ticks(state, Limits(), {"gpu": QUIET}, 8 * 60 - 1)
    state.take({"kind": "on", "extended_s": 0.0, "off_s": 0.0})
    assert state.extended_s == 0


@pytest.mark.parametrize("text", ["off", "idle=0 max=0"])
def test_without_a_limit_nothing_ends(text: str) -> None:
    """guard = null in terraform.tfvars."""
    assert ticks(grown_up(), Limits(text), {"gpu": QUIET}, 10_000) == []


def test_random_histories() -> None:
    """Never ended while busy, or in the first quarter of an hour, or unwarned; always ended when unused."""
    for seed in range(60):
        chance = random.Random(seed)
        state, limits = State(), Limits(f"idle={chance.randint(5, 90)} warn={chance.randint(1, 15)}")
        warned_s = busy_s = 0.0
        is_busy = False
        for _ in range(3000):
            is_busy = chance.random() < 0.5 if chance.random() < 0.01 else is_busy
            if chance.random() < 0.001:
                state = State(dict(vars(state)))
                state.begin_boot(is_start=chance.random() < 0.3)
            step_s = chance.choice([1.0, STEP_S, 2 * STEP_S])
            todo = state.advance({"cpu": BUSY if is_busy else QUIET}, limits, step_s, off_hour=False)
            busy_s = 0.0 if is_busy else busy_s + step_s
            warned_s = 0.0 if state.warned_s is None else warned_s + step_s
            if todo == rule.END:
                assert busy_s >= limits.warn_minutes * 60
                assert state.up_s >= rule.GRACE_S
                assert warned_s >= limits.warn_minutes * 60
                break
            assert state.idle_s <= limits.idle_minutes * 60 + rule.GRACE_S + limits.warn_minutes * 60


def test_what_was_kept_and_is_broken_is_as_nothing() -> None:
    """A file of another version, or half of one, must not end the guard."""
    state = State({"idle_s": "x" * 3, "unknown": 3, "failing_s": {"gpu": 1.0}, "quiet_s": []})
    assert (state.failing_s, state.quiet_s) == ({"gpu": 1.0}, {})
    assert state.advance({"gpu": QUIET}, Limits(), STEP_S, off_hour=False) == ""
