"""What would be lost now: time since the last save, in dollars where the price is known."""

from datetime import UTC, datetime

from gpuinfra.features.spot.at_risk import at_risk, line

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
OLD = {"id": "aaaa", "name": "train", "state": "running", "created": "2026-11-29T10:00:00Z", "save": "true"}
SAVED = {**OLD, "name": "saved", "saved": "2026-11-29T11:45:00Z"}


def test_the_oldest_unsaved_work_counts() -> None:
    """Two hours at half a dollar; jobs share the host, so they are not added up."""
    found = at_risk([SAVED, OLD], is_spot=True, usd_h=0.5, now=NOW)
    assert line(found) == "\nat risk    1.00 USD: job train, 2 h since it began, no --save has run"
    assert line(at_risk([SAVED], is_spot=True, usd_h=0.5, now=NOW)) == (
        "\nat risk    0.12 USD: job saved, 15 min since its last --save"
    )


def test_a_price_that_was_not_told_is_unknown() -> None:
    """The time is known all the same."""
    assert "cost unknown" in line(at_risk([OLD], is_spot=True, usd_h=None, now=NOW))


def test_without_a_save_only_a_spot_host_is_at_risk() -> None:
    """An on-demand host is nobody's but the user's; ended jobs are no work."""
    plain = {**OLD, "save": ""}
    assert at_risk([plain], is_spot=False, usd_h=0.5, now=NOW) is None
    assert at_risk([plain], is_spot=True, usd_h=0.5, now=NOW)
    assert at_risk([OLD], is_spot=False, usd_h=0.5, now=NOW)
    assert (
        at_risk([{**OLD, "state": "done"}, {**OLD, "created": "?"}], is_spot=True, usd_h=0.5, now=NOW) is None
    )
    assert line(None) == ""
