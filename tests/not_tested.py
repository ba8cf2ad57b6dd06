"""One line about the tests that this machine could not run, in place of a line for each."""

from collections import Counter
from collections.abc import Sequence


def line(reasons: Sequence[str]) -> str:
    """Return how many tests were skipped and why, the most frequent first; a reason says what helps."""
    parts = [f"{count}: {reason}" for reason, count in Counter(reasons).most_common()]
    return f"not tested here: {len(reasons)} ({'; '.join(parts)})"
