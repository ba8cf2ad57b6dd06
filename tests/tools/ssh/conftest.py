"""What tests of adapters share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    """A home with a short path: a Unix socket's has 108 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="home-") as folder:
        yield Path(folder)
