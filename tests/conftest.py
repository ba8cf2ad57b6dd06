"""How tests are spread over worker processes, and what is said of those that could not run."""

import gc
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from tests.not_tested import line
from tests.processes import end_all

# Each of these shares what takes long to be made (a lab and its hosts, a channel): one worker runs them all.
TOGETHER = (
    "tests/bootstrap/",
    "tests/e2e/first_boot/",
    "tests/e2e/on_host/",
    "tests/e2e/containers/",
    "tests/e2e/private_host/",
    "tests/e2e/docs/test_host",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while thousands of tests are collected, nor for any among them later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.fixture(autouse=True)
def _end_what_was_started() -> Iterator[None]:
    """End the processes that a test has left running: they would fail the next one."""
    yield
    end_all()


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End with one line about all tests that were skipped."""
    skipped = [report.longrepr for report in terminalreporter.stats.get("skipped", [])]
    reasons = [longrepr[2].removeprefix("Skipped: ") for longrepr in skipped]
    if reasons:
        terminalreporter.write_line(line(reasons), yellow=True)
