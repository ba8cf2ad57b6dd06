"""How tests are spread over worker processes, and what is said of those that could not run."""

import gc
import os
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
# So do these: they begin with a copy of a host that is made once for each of them.
ON_A_COPIED_HOST = {
    "tests/e2e/test_start_elsewhere": "a stopped host",
    "tests/e2e/test_start_killed": "a stopped host to be killed",
    "tests/e2e/test_start_later": "a stopped host",
    "tests/e2e/test_fixtures": "a host",
    "tests/e2e/test_leaks": "a host",
    "tests/e2e/test_lifecycle": "a host",
    "tests/e2e/test_living_host": "a host",
    "tests/e2e/test_private.py::test_a_subnet_that_is_gone": "a host",
    "tests/e2e/test_screens": "a host",
}
# Most of the time a test of a host waits, for AWS's provider or for a machine: two processors are busy with
# this many. Each has a provider and a simulator in memory.
WORKERS_PER_PROCESSOR, WORKER_BYTES = 3, 1.5e9


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
    copied = (name for start, name in ON_A_COPIED_HOST.items() if nodeid.startswith(start))
    return next(copied, "") or next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Return the number of workers of `-n auto`; PYTEST_XDIST_AUTO_NUM_WORKERS is another one."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    by_memory = memory_bytes / WORKER_BYTES
    return max(1, int(min((os.cpu_count() or 1) * WORKERS_PER_PROCESSOR, by_memory)))


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
