"""Real Terraform in a directory of its own, pointed at a simulator."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gpuinfra.simulator.client import Simulator
from gpuinfra.tools.terraform import binary, provider_mirror
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[1]
# What a plan may do and yet change nothing that exists.
HARMLESS = (["no-op"], ["read"], ["forget"])


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """Terraform in a directory of its own, pointed at a simulator."""

    directory: Path
    env: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        command = [str(binary.find(ROOT / ".tools", os.environ)), *arguments, "-no-color"]
        return subprocess.run(
            command,
            cwd=self.directory,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def ok(self, *arguments: str) -> str:
        """Run a command that must succeed; returns what it printed."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def init(self) -> None:
        """Install the provider that the lock file names."""
        shutil.copy(ROOT / "terraform" / ".terraform.lock.hcl", self.directory)
        self.ok("init", "-input=false", "-lockfile=readonly")

    def apply(self, *arguments: str) -> None:
        """Apply without a question."""
        self.ok("apply", "-input=false", "-auto-approve", "-parallelism=20", *arguments)

    def destroy(self) -> None:
        """Destroy without a question."""
        self.ok("destroy", "-input=false", "-auto-approve", "-parallelism=20")

    def plan(self, *arguments: str) -> dict[str, Any]:
        """Return a plan as `terraform show -json` gives it."""
        self.ok("plan", "-input=false", "-out=test.tfplan", *arguments)
        shown: dict[str, Any] = json.loads(self.ok("show", "-json", "test.tfplan"))
        return shown


def terraform(
    directory: Path, simulator: Simulator, provider: Mapping[str, str] = MappingProxyType({})
) -> Terraform:
    """Return Terraform for a directory; `provider`: see running_provider, without it each starts its own."""
    env = provider_mirror.environment(
        simulator.env(),
        config=directory.parent / "terraform.rc",
        cache=ROOT / ".tools" / "plugins",
        mirror=provider_mirror.find(ROOT / "terraform" / ".terraform.lock.hcl", binary.platform_name()),
    )
    return Terraform(directory=directory, env={**env, **provider})


def changes(plan: dict[str, Any]) -> dict[str, list[str]]:
    """Return address -> actions of every managed resource that the plan would change."""
    return {
        it["address"]: it["change"]["actions"]
        for it in plan.get("resource_changes", [])
        if it["mode"] == "managed" and it["change"]["actions"] not in HARMLESS
    }
