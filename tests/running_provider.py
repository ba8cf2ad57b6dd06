"""The AWS provider as one process for many Terraforms: its start is most of what a plan costs.

Source: https://developer.hashicorp.com/terraform/plugin/debugging
It has the environment that it was started with (endpoint, credentials) and one configuration at a time: tests
of credentials, of two regions in one root and of a fresh clone let Terraform start its own.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = "providers/registry.terraform.io/hashicorp/aws/*/*/terraform-provider-aws*"


@contextmanager
def running_provider(
    installed: Path, environ: Mapping[str, str], *, enter: Sequence[str] = ()
) -> Iterator[dict[str, str]]:
    """Start the provider that lies in a `.terraform`; yield the variable by which Terraform finds it.

    Terraform speaks to it through tests.short_schema. enter: a command line that brings it into a lab.
    """
    (program,) = installed.glob(PROGRAM)
    env = {name: value for name, value in environ.items() if name != "AWS_CA_BUNDLE"} | {"GOGC": "400"}
    with _process([*enter, str(program), "-debug"], env) as says:
        reattach = json.loads(_line(says, r"TF_REATTACH_PROVIDERS='(.+)'"))
        (found,) = reattach.values()
        theirs = found["Addr"]["String"]
        ours = f"{theirs}-short"  # beside the provider's own, so that a lab sees both
        command = [*enter, sys.executable, "-m", "tests.short_schema", theirs, ours]
        with _process(command, env | {"PYTHONPATH": str(ROOT)}) as says:
            found["Pid"], found["Addr"]["String"] = int(_line(says, "serving: ([0-9]+)")), ours
            yield {"TF_REATTACH_PROVIDERS": json.dumps(reattach)}
    for socket in (theirs, ours):
        Path(socket).unlink(missing_ok=True)


@contextmanager
def _process(argv: Sequence[str], env: Mapping[str, str]) -> Iterator[IO[str]]:
    """Start a process that ends with this block; yield what it says."""
    with subprocess.Popen(
        argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        try:
            yield process.stdout
        finally:
            process.kill()


def _line(says: IO[str], pattern: str) -> str:
    """Wait for a line; return what the pattern's group has found in it."""
    for line in says:
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError(f"a process has ended without a line like {pattern}")
