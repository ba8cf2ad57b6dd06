"""The world of a command is built once: the project is looked for once, whatever the command does."""

import os
import subprocess
import sys

import pytest

from tests.e2e.cli import Cli

# Counts calls as a profiler does: nothing of the program is exchanged.
COUNTING = """
import sys
from gpuinfra.cli import app
calls = []
def count(frame, event, arg):
    if event == "call" and frame.f_code.co_filename.endswith(("ground/locations.py", "factory/__init__.py")):
        if frame.f_code.co_qualname in ("world", "find_project"):  # ground.paths asks ground.locations
            calls.append(frame.f_code.co_qualname)
sys.setprofile(count)
try:
    app.main()
except SystemExit:
    pass
finally:
    sys.setprofile(None)
    sys.stderr.write("calls: " + " ".join(sorted(calls)) + "\\n")
"""


@pytest.mark.parametrize(
    "words",
    [
        ("ip",),
        ("output", "gpu_count"),
        ("init", "--cidr", "203.0.113.7"),
        ("plan",),
        ("up", "--yes"),
        ("down",),
        ("allow", "--cidr", "203.0.113.7"),
        ("stop",),
        ("start",),
        ("resize", "g5.xlarge"),
        ("ssh",),
        ("run", "true"),
        ("job", "list"),
        ("sync", "up"),
        ("forward", "6006"),
        ("jupyter", "--stop"),
        ("clone", "https://example.org/a/b"),
        ("docker", "run", "true"),
        ("env", "check"),
    ],
)
def test_a_command_builds_its_world_once(words: tuple[str, ...], recorded: Cli) -> None:
    """However far it comes: most are refused here, for want of credentials or of terraform.tfvars."""
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, *words],
        cwd=recorded.project,
        env={**dict(recorded.env), "PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.stderr.splitlines()[-1] == "calls: find_project world", done.stderr
