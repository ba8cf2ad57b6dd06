"""What the tests of the actions share."""

import pytest

from tests.fakes.world import NONCE


@pytest.fixture
def token() -> str:
    """What only the host knows, in the markers of its key block."""
    return NONCE
