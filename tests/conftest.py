"""How tests are spread over worker processes."""

from typing import Any

import pytest

# Each of these shares a lab and its hosts, which take half a minute to be made: one worker runs them all.
TOGETHER = (
    "tests/e2e/first_boot/",
    "tests/e2e/on_host/",
    "tests/e2e/containers/",
    "tests/e2e/private_host/",
    "tests/e2e/docs/test_host",
)


def scope(nodeid: str) -> str:
    """Return what is handed out at once: one test, or those that belong together."""
    return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out by scope (xdist 3.8 does not see its own group marks under pytest 9.2)."""
    from xdist.scheduler import LoadScopeScheduling

    scheduler: Any = LoadScopeScheduling(config, log)
    scheduler._split_scope = scope
    return scheduler
