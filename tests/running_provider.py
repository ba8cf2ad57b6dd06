"""The AWS provider as one process for many Terraforms: its start is most of what a plan costs.

Source: https://developer.hashicorp.com/terraform/plugin/debugging
It has the environment that it was started with (endpoint, credentials) and one configuration at a time: tests
of credentials, of two regions in one root and of a fresh clone let Terraform start its own.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

PROGRAM = "providers/registry.terraform.io/hashicorp/aws/*/*/terraform-provider-aws*"


@contextmanager
def running_provider(
    installed: Path, environ: Mapping[str, str], *, enter: Sequence[str] = ()
) -> Iterator[dict[str, str]]:
    """Start the provider that lies in a `.terraform`; yield the variable by which Terraform finds it.

    enter: a command line that brings it into a lab.
    """
    (program,) = installed.glob(PROGRAM)
    env = {name: value for name, value in environ.items() if name != "AWS_CA_BUNDLE"} | {"GOGC": "400"}
    with subprocess.Popen(
        [*enter, str(program), "-debug"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield {"TF_REATTACH_PROVIDERS": _address(process)}
        finally:
            process.kill()


def _address(process: "subprocess.Popen[str]") -> str:
    for line in process.stdout or ():
        if found := re.search(r"TF_REATTACH_PROVIDERS='(.+)'", line):
            return found[1]
    raise AssertionError(f"the provider ended with {process.wait()} instead of saying where it listens")
