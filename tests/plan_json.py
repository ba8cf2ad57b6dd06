"""Plans of the root module in JSON, made against the simulator: what the policy checks look at."""

import os
import subprocess
import sys
from pathlib import Path

from gpuinfra.ground.paths import find_project, tools
from gpuinfra.simulator.project_copy import copy_project, private_env
from gpuinfra.simulator.server import running
from gpuinfra.tools.terraform import binary as toolchain
from gpuinfra.tools.terraform import provider_mirror
from tests.running_provider import running_provider

# Name of each plan -> what is edited in terraform.tfvars, on top of the plan before.
PLANS = {
    "plan": ("dlc_access = false", "dlc_access = true"),  # all that the role may ever do is looked at
    "private": ('access = "ssh"', 'access = "ssm"'),
    "private, NAT": ("private_network = null", 'private_network = "nat"'),
}


def make(scratch: Path) -> dict[str, Path]:
    """Make a project in `scratch`, plan it in several ways, and return the files with Terraform's JSON."""
    home = find_project(Path.cwd(), os.environ)
    project = copy_project(home.root, scratch / "clone")
    values, found = project / "terraform" / "terraform.tfvars", {}
    with running() as simulator:
        env = private_env(simulator.env(os.environ), scratch, project)
        gpuinfra(project, env, "init", "--region", "us-east-1", "--owner", "scan")
        directory, env = project / "terraform", terraform_env(env, project)
        with running_provider(directory / ".terraform", env) as provider:
            gpuinfra(project, env | provider, "plan")  # renders the user data
            for number, (name, (old, new)) in enumerate(PLANS.items()):
                edit(values, old, new)
                target = found[name] = scratch / f"plan{number}.json"
                terraform_plan(directory, env | provider, tools(home, os.environ), target)
    return found


def edit(values: Path, old: str, new: str) -> None:
    """Change one line; a plan of other values than meant would prove nothing."""
    text = values.read_text()
    if old not in text:
        raise SystemExit(f"{old!r} is not in terraform.tfvars")
    values.write_text(text.replace(old, new))


def gpuinfra(project: Path, env: dict[str, str], *args: str) -> None:
    """Run the command line; what it says is shown only if it fails."""
    command = [sys.executable, "-m", "gpuinfra", *args]
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"gpuinfra {args[0]} ended with {done.returncode}:\n{done.stderr.strip()}")


def terraform_env(env: dict[str, str], project: Path) -> dict[str, str]:
    """Return the environment for Terraform in that project."""
    lock = project / "terraform" / ".terraform.lock.hcl"
    return provider_mirror.environment(
        env,
        config=project / ".tools" / "terraform.rc",
        cache=project / ".tools" / "plugins",
        mirror=provider_mirror.find(lock, toolchain.platform_name()),
    )


def terraform_plan(directory: Path, env: dict[str, str], tools: Path, target: Path) -> None:
    """Plan, and write the plan as JSON."""
    binary = str(toolchain.find(tools, os.environ))
    plan = [binary, "plan", "-input=false", "-no-color", "-out=scan.tfplan"]
    subprocess.run(plan, cwd=directory, env=env, stdout=subprocess.DEVNULL, check=True)
    show = [binary, "show", "-json", "scan.tfplan"]
    target.write_bytes(subprocess.run(show, cwd=directory, env=env, capture_output=True, check=True).stdout)
