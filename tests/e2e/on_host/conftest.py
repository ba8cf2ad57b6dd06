"""One host for all tests of this folder, with an environment that has a real JupyterLab if pip can get it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.lab.lab import open_lab
from gpuinfra.simulator.lab.machines import image as base
from gpuinfra.simulator.project_copy import copy_project, private_env
from tests.e2e.on_host import wheels
from tests.e2e.on_host.project_on_host import ProjectOnHost
from tests.fork_server import fork_server
from tests.running_provider import running_provider

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def project_in_lab(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Iterator[ProjectOnHost]:
    """A user's project in a lab without a host; skipped with the reason where no host can boot."""
    if reason := requirements.why_not():
        pytest.skip(reason)
    from gpuinfra.simulator.conda import offline_setup

    home = tmp_path_factory.mktemp("project_on_host")
    base.ensure(os.environ)
    with open_lab() as lab:
        clone = copy_project(ROOT, home / "clone")
        offline_setup.set_up_offline(lab.mirror, lab.image, clone)
        yml = clone / "environment.yml"
        yml.write_text('variables: {MODE: "on"}\n' + yml.read_text())
        missing = wheels.offer_jupyterlab(lab, clone)
        project = home / "project"
        project.mkdir()
        (project / ".gpuinfraignore").write_text("")
        env = private_env(lab.env(), home, clone)
        enter = lab.command([])
        with (
            running_provider(installed, env, enter=enter) as provider,
            fork_server(env, enter=enter) as server,
        ):
            env |= provider
            yield ProjectOnHost(
                lab=lab, home=home, project=project, env=env, server=server, no_jupyterlab=missing
            )


@pytest.fixture(scope="session")
def project_on_host(project_in_lab: ProjectOnHost) -> ProjectOnHost:
    """The same beside a ready host."""
    project_in_lab.ok("init", "--region", "us-east-1")
    project_in_lab.ok("up", "--yes")
    return project_in_lab
