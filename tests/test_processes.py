"""What tests start is ended with them."""

import subprocess
import sys

from tests import processes
from tests.waiting import wait_until

# its child has a session of its own, as Terraform has
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
time.sleep(600)
"""


def test_what_is_left_running_is_killed_with_its_children() -> None:
    """A test that fails in its midst leaves no process behind that would disturb the next one."""
    started = processes.until_test_ends(subprocess.Popen([sys.executable, "-c", PARENT]))
    (child,) = wait_until(lambda: processes.descendants(started.pid), "the child")
    processes.end_all()
    assert started.returncode == -9
    wait_until(lambda: not processes.is_running(child), "the child's end")
