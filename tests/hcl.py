"""`python -m tests.hcl fmt`, or `validate test`: Terraform's own checks, on a copy without values."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gpuinfra.ground.paths import find_project, tools
from gpuinfra.simulator.project_copy import copy_project
from gpuinfra.tools.terraform import binary as toolchain
from gpuinfra.tools.terraform import provider_mirror
from tests.running_provider import running_provider

COMMANDS = {
    "fmt": ["fmt", "-check", "-diff", "-recursive"],
    "validate": ["validate"],
    "test": ["test"],
}


def main(commands: Sequence[str]) -> int:
    """Run checks up to the first that fails; returns its exit code. All but fmt share one provider."""
    project = find_project(Path.cwd(), os.environ)
    with tempfile.TemporaryDirectory(prefix="gpuinfra-hcl-") as scratch:
        directory = copy_project(project.root, Path(scratch)) / "terraform"
        env = provider_mirror.environment(
            without_aws(os.environ),
            config=tools(project, os.environ) / "terraform.rc",
            cache=tools(project, os.environ) / "plugins",
            mirror=provider_mirror.find(directory / ".terraform.lock.hcl", toolchain.platform_name()),
        )
        terraform = [str(toolchain.find(tools(project, os.environ), os.environ))]
        if commands == ["fmt"]:
            return run([*terraform, *COMMANDS["fmt"]], directory, env)
        init = [*terraform, "init", "-input=false", "-backend=false", "-lockfile=readonly", "-no-color"]
        if code := run(init, directory, env):
            return code
        with running_provider(directory / ".terraform", env) as provider:
            checks = ([*terraform, *COMMANDS[command], "-no-color"] for command in commands)
            return next((code for check in checks if (code := run(check, directory, env | provider))), 0)


def run(argv: list[str], directory: Path, env: dict[str, str]) -> int:
    """Run Terraform; what it says is shown. Returns its exit code."""
    return subprocess.run(argv, cwd=directory, env=env, check=False).returncode


def without_aws(environ: "os._Environ[str]") -> dict[str, str]:
    """Return the environment without credentials: these checks must pass without any."""
    return {k: v for k, v in environ.items() if not k.startswith(("AWS_", "TF_VAR_"))}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
