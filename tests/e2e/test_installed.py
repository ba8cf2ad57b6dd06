"""Installed from a wheel, in a project with nothing but its environment.yml: a whole day, no clone near."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from gpuinfra.simulator.conda.offline_setup import set_up_offline
from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.lab.lab import Lab, open_lab
from tests import wheel
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.e2e


@dataclass(frozen=True, kw_only=True)
class Installed:
    """What was installed, and a project to use it in."""

    lab: Lab
    programs: Path
    project: Path
    env: Mapping[str, str]

    def run(self, *words: str) -> str:
        """Run a command in the project that must succeed; return its stdout."""
        argv = self.lab.command([str(self.programs / words[0]), *words[1:]], self.project)
        done = subprocess.run(
            argv, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S
        )
        assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def here() -> Iterator[Installed]:
    """The wheel in an empty environment, its installer and packages the lab's stand-ins."""
    if reason := requirements.why_not():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="gi-") as scratch, open_lab() as lab:
        home = Path(scratch)
        programs = wheel.install(wheel.build(home / "build"), home / "venv")
        (shipped,) = home.glob("venv/lib/python*/site-packages/gpuinfra/shipped")
        set_up_offline(lab.mirror, lab.image, shipped)
        (home / "work").mkdir()
        shutil.copyfile(shipped / "environment.yml", home / "work/environment.yml")
        (home / "work/train.py").write_text("print('trained')\n")
        env = {**lab.env({**os.environ, "XDG_RUNTIME_DIR": ""}), "HOME": scratch}
        for name in ("GPUINFRA_PROJECT", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            env.pop(name, None)
        # for plain Terraform: where this machine has no network, the mirror that gpuinfra found
        env["TF_CLI_CONFIG_FILE"] = f"{scratch}/.cache/gpuinfra/tools/terraform.rc"
        yield Installed(lab=lab, programs=programs, project=home / "work", env=env)


def test_a_day_without_a_clone(here: Installed) -> None:
    """Made, used, stopped, started; ejected: plain Terraform has nothing to change; removed by both."""
    here.run("gpuinfra", "init", "--region", "us-east-1", "--owner", "ada")
    here.run("gpuinfra", "up", "--yes")
    assert here.run("gpuinfra", "run", "--", "python", "train.py") == "trained\n"
    here.run("gpuinfra", "stop", "--yes")
    address = here.run("gpuinfra", "start").strip()
    assert here.run("gpuinfra", "ip").strip() == address
    there = here.run("gpuinfra", "ssh", "--", "ls -A work work/gpuinfra").split()
    assert {"train.py", "terraform.tfvars"} <= set(there)
    assert not [name for name in there if "tfstate" in name or name == "host-key-nonce"]
    here.run("gpuinfra", "down", "--yes")
    assert here.lab.simulator.leftovers() == {}
    here.run("gpuinfra", "up", "--yes", "--no-wait")
    here.run("gpuinfra", "eject")
    terraform = shutil.which("terraform")
    assert terraform, "a Terraform on PATH"
    shutil.rmtree(next(here.programs.parent.glob("lib/python*/site-packages/gpuinfra")))  # without us
    plain = [terraform, f"-chdir={here.project}/gpuinfra"]
    here.run(*plain, "init", "-no-color")
    here.run(*plain, "plan", "-detailed-exitcode", "-no-color")
    here.run(*plain, "destroy", "-auto-approve", "-no-color")
    assert here.lab.simulator.leftovers() == {}
