"""What the tests of the actions share."""

import pytest

from tests.fakes import RUNNING


@pytest.fixture
def token() -> str:
    """What only the host knows, in the markers of its key block."""
    return RUNNING.instance_id
