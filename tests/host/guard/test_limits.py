"""The guard's settings as a tag carries them."""

import calendar

import pytest

from gpuinfra.host.guard.limits import Limits


def at(hour: int, month: int = 7) -> float:
    """Return a time of a day, by UTC."""
    return float(calendar.timegm((2026, month, 10, hour, 30, 0, 0, 0, 0)))


def test_a_tag_sets_all_four() -> None:
    """As Terraform writes it."""
    limits = Limits("idle=45 warn=5 max=1.5 off=20-08@Europe/Berlin")
    assert (limits.idle_minutes, limits.warn_minutes, limits.max_hours) == (45, 5, 1.5)
    assert (limits.off_hours, limits.zone) == ("20-08", "Europe/Berlin")


@pytest.mark.parametrize("text", ["", "idle", "idle=x", "idle=60 colour=red", "off=late", "on"])
def test_another_tag_is_refused(text: str) -> None:
    """Then the last good one holds."""
    with pytest.raises(ValueError, match=r"."):
        Limits(text)


@pytest.mark.parametrize(
    ("window", "inside", "outside"), [("20-08", (20, 23, 0, 7), (8, 19)), ("9-17", (9, 16), (8, 17))]
)
def test_off_hours_may_go_over_midnight(
    window: str, inside: tuple[int, ...], outside: tuple[int, ...]
) -> None:
    """Whole hours by UTC; the second one is the first hour that is none."""
    limits = Limits(f"idle=60 off={window}")
    assert all(limits.is_off_hour(at(hour)) for hour in inside)
    assert not any(limits.is_off_hour(at(hour)) for hour in outside)


def test_off_hours_of_a_place_follow_its_summer_time() -> None:
    """20 o'clock in Berlin is 18 UTC in July and 19 UTC in January."""
    limits = Limits("idle=60 off=20-08@Europe/Berlin")
    assert (limits.is_off_hour(at(18)), limits.is_off_hour(at(17))) == (True, False)
    assert (limits.is_off_hour(at(19, 1)), limits.is_off_hour(at(18, 1))) == (True, False)
