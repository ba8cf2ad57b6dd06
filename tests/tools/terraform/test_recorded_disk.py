"""How fast the disk is, by the record: what is odd there must not stop a command."""

from typing import Any

import pytest

from gpuinfra.tools.terraform.recorded_disk import speed


@pytest.mark.parametrize(
    ("block", "found"),
    [
        ([{"iops": 6000, "throughput": 500}], (6000, 500)),
        ([{"iops": 6000}], (6000, 125)),
        ([], (3000, 125)),
        (None, (3000, 125)),
        ("x", (3000, 125)),
        (["x"], (3000, 125)),
        ([{"iops": "6000", "throughput": True}], (3000, 125)),
    ],
)
def test_the_speed_of_the_root_disk(block: Any, found: tuple[int, int]) -> None:
    """As AWS gives it without paying, where nothing is said."""
    assert speed({"root_block_device": block}) == found
