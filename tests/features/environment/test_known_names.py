"""Near names."""

import pytest

from gpuinfra.features.environment.known_names import KNOWN, near, one_slip


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ("pandas", "pandsa", True),
        ("pandas", "panda", True),
        ("pandas", "pandass", True),
        ("pandas", "pondas", True),
        ("pandas", "apndas", True),
        ("pandas", "pnadsa", False),
        ("pandas", "pand", False),
        ("pandas", "pndasa", False),
    ],
)
def test_one_slip_of_the_finger(one: str, other: str, verdict: bool) -> None:
    """A letter more, less, wrong, or two neighbours swapped; in both directions."""
    assert one_slip(one, other) is verdict
    assert one_slip(other, one) is verdict


def test_known_and_short_names_are_never_near_another() -> None:
    """Scipy is not scapy misspelt; among short names a slip makes another real one too easily."""
    assert [name for name in KNOWN if near(name)] == []
    assert near("dsk") == near("rih") == ""
    assert near("typing-extensions") == ""
    assert near("scikit_learn") == "scikit-learn"
