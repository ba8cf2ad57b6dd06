"""Threads that nobody has to wait for."""

import subprocess
import sys

import pytest

from gpuinfra.ground import threads
from tests.waiting import PATIENCE_S

HANGS = """
import threading
from gpuinfra.ground import threads
threads.begin(threading.Event().wait)
print("ends")
"""


def test_a_result_and_an_error_are_in_the_future() -> None:
    """As if the call had been made here."""
    assert threads.begin(lambda: 3).result(PATIENCE_S) == 3
    with pytest.raises(ZeroDivisionError):
        threads.begin(lambda: 1 // 0).result(PATIENCE_S)


def test_a_call_that_hangs_does_not_hold_up_the_end_of_the_program() -> None:
    """Ctrl-C, or an answer that is not needed any more, ends a command at once."""
    done = subprocess.run(
        [sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    assert done.stdout == "ends\n"
