"""How --wait says a time."""

import pytest

from gpuinfra.features.capacity.wait import wait_s
from gpuinfra.ground.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 0.0), ("90s", 90.0), ("30m", 1800.0), ("1.5h", 5400.0), ("1d", 86400.0)]
)
def test_a_time(text: str, seconds: float) -> None:
    """A number and its unit; not given: none."""
    assert wait_s(text, "default") == seconds


@pytest.mark.parametrize("text", ["2", "h", "2x", "-1h", "0h", "nanh", "infh", "1e3s", "2hh", "1.2.3h", "²h"])
def test_what_is_none_is_refused(text: str) -> None:
    """With the value, and a command that is right."""
    with pytest.raises(ConfigError, match="must be a number and s, m, h or d") as caught:
        wait_s(text, "big")
    assert caught.value.hint == "gpuinfra up --wait 2h --stack big"


@pytest.mark.parametrize("text", ["8d", "999999d", "9" * 400 + "d"])
def test_what_is_longer_than_a_week_is_refused(text: str) -> None:
    """No calendar has some of these times."""
    with pytest.raises(ConfigError, match="must be 7d at most"):
        wait_s(text, "default")
