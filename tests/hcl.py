"""`python -m tests.hcl fmt|validate|test`: Terraform's own checks, on a copy without the user's values."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from gpuinfra.ground.paths import find_project
from gpuinfra.simulator.project_copy import copy_project
from gpuinfra.tools.terraform import binary as toolchain
from gpuinfra.tools.terraform import provider_mirror

COMMANDS = {
    "fmt": [["fmt", "-check", "-diff", "-recursive"]],
    "validate": [["init", "-input=false", "-backend=false", "-lockfile=readonly"], ["validate"]],
    "test": [["init", "-input=false", "-backend=false", "-lockfile=readonly"], ["test"]],
}


def main(command: str) -> int:
    """Run one check; returns Terraform's exit code."""
    project = find_project(Path.cwd(), os.environ)
    with tempfile.TemporaryDirectory(prefix="gpuinfra-hcl-") as scratch:
        directory = copy_project(project.root, Path(scratch)) / "terraform"
        env = provider_mirror.environment(
            without_aws(os.environ),
            config=project.tools / "terraform.rc",
            cache=project.tools / "plugins",
            mirror=provider_mirror.find(directory / ".terraform.lock.hcl", toolchain.platform_name()),
        )
        binary = str(toolchain.find(project.tools, os.environ))
        for arguments in COMMANDS[command]:
            argv = [binary, *arguments, "-no-color"]
            done = subprocess.run(argv, cwd=directory, env=env, capture_output=True, text=True, check=False)
            if done.returncode or arguments[0] != "init":
                sys.stdout.write(done.stdout + done.stderr)
            if done.returncode:
                return done.returncode
    return 0


def without_aws(environ: "os._Environ[str]") -> dict[str, str]:
    """Return the environment without credentials: these checks must pass without any."""
    return {k: v for k, v in environ.items() if not k.startswith(("AWS_", "TF_VAR_"))}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
