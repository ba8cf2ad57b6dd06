"""One host for all tests of this folder, with an environment that has a real JupyterLab if pip can get it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra import config
from gpuinfra.simulator.lab import base, needs
from gpuinfra.simulator.lab.door import opened
from gpuinfra.simulator.scratch import copy_project, private_env
from tests.e2e.desk import wheels
from tests.e2e.desk.desk import Desk

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A user's project beside a ready host; skipped with the reason where no host can boot."""
    if reason := needs.can_run():
        pytest.skip(reason)
    from gpuinfra.simulator.conda import outfit

    home = tmp_path_factory.mktemp("desk")
    base.ensure(os.environ, lambda text: None)
    with opened() as lab:
        clone = copy_project(ROOT, home / "clone")
        image = Path(f"/proc/{lab.pid}/root{lab.directory}/base")  # mounted inside
        outfit.outfit(lab.mirror, image, clone)
        python = outfit.interpreter(image)
        folder = config.cache_home(os.environ) / "test-wheels" / f"jupyterlab-{python.minor}"
        missing = wheels.fetch(folder, python.minor)
        if not missing:
            wheels.add_to(lab.mirror / outfit.CHANNEL, folder, python)
            with (clone / "environment.yml").open("a") as file:
                file.write("  - jupyterlab\n")
        project = home / "project"
        project.mkdir()
        (project / ".gpuinfraignore").write_text("")
        env = private_env(lab.env(), home, clone)
        made = Desk(lab=lab, home=home, project=project, env=env, no_jupyterlab=missing)
        made.ok("init", "--region", "us-east-1")
        made.ok("up", "--yes")
        yield made
