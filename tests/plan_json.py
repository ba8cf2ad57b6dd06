"""A plan of the root module in JSON, made against the simulator: what the policy checks look at."""

import os
import subprocess
import sys
from pathlib import Path

from gpuinfra.adapters import mirror, toolchain
from gpuinfra.config import find_project
from gpuinfra.simulator.scratch import copy_project, private_env
from gpuinfra.simulator.server import running


def make(scratch: Path) -> Path:
    """Make a project in `scratch`, plan it, and return the file with Terraform's JSON."""
    home = find_project(Path.cwd(), os.environ)
    project = copy_project(home.root, scratch / "clone")
    with running() as simulator:
        env = private_env(simulator.env(os.environ), scratch, project)
        gpuinfra(project, env, "init", "--region", "us-east-1", "--owner", "scan")
        values = project / "terraform" / "terraform.tfvars"  # all that the role may ever do is looked at
        values.write_text(values.read_text().replace("dlc_access = false", "dlc_access = true"))
        gpuinfra(project, env, "plan")  # renders the user data
        return terraform_plan(project / "terraform", terraform_env(env, project), home.tools)


def gpuinfra(project: Path, env: dict[str, str], *args: str) -> None:
    """Run the command line; what it says is shown only if it fails."""
    command = [sys.executable, "-m", "gpuinfra", *args]
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"gpuinfra {args[0]} ended with {done.returncode}:\n{done.stderr.strip()}")


def terraform_env(env: dict[str, str], project: Path) -> dict[str, str]:
    """Return the environment for Terraform in that project."""
    lock = project / "terraform" / ".terraform.lock.hcl"
    return mirror.environment(
        env,
        config=project / ".tools" / "terraform.rc",
        cache=project / ".tools" / "plugins",
        mirror=mirror.find(lock, toolchain.platform_name()),
    )


def terraform_plan(directory: Path, env: dict[str, str], tools: Path) -> Path:
    """Plan, and write the plan as JSON."""
    binary, target = str(toolchain.find(tools, os.environ)), directory / "plan.json"
    plan = [binary, "plan", "-input=false", "-no-color", "-out=scan.tfplan"]
    subprocess.run(plan, cwd=directory, env=env, stdout=subprocess.DEVNULL, check=True)
    show = [binary, "show", "-json", "scan.tfplan"]
    target.write_bytes(subprocess.run(show, cwd=directory, env=env, capture_output=True, check=True).stdout)
    return target
