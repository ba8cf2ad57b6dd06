"""What `make test` says of tests that could not run."""

import pytest

from tests.not_tested import line

pytest_plugins = ("pytester",)
SKIPPING = """
import pytest
@pytest.mark.parametrize("n", range(30))
def test_a(n): pytest.skip("missing nft: apt-get install nftables")
@pytest.mark.skipif(True, reason="needs git")
def test_b(): pass
"""


def test_each_reason_is_said_once_the_most_frequent_first() -> None:
    """A hundred tests that need the same program are one reason with a number."""
    reasons = ["needs git", *["missing nft: apt-get install nftables"] * 3]
    expected = "not tested here: 4 (3: missing nft: apt-get install nftables; 1: needs git)"
    assert line(reasons) == expected


def test_pytest_says_it_in_one_line(pytester: pytest.Pytester) -> None:
    """Pytest's list of skipped tests is replaced by one line, in one process and in several."""
    pytester.makeconftest("from tests.conftest import pytest_terminal_summary")
    pytester.makepyfile(SKIPPING)
    for workers in ("0", "2"):
        lines = pytester.runpytest_subprocess("-q", "-rfE", f"-n{workers}").outlines
        said = [it for it in lines if "apt-get install nftables" in it]
        assert said == ["not tested here: 31 (30: missing nft: apt-get install nftables; 1: needs git)"]
