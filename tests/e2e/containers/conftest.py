"""One host for all tests of this folder; nobody waits for its environment."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.lab.lab import opened
from gpuinfra.simulator.project_copy import copy_project, private_env
from tests.e2e.containers.docker_host import DockerHost

ROOT = Path(__file__).resolve().parents[3]
ENDPOINT = "AWS_ENDPOINT_URL_ECR=http://127.0.0.1:8999"


@pytest.fixture(scope="session")
def opened_bay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerHost]:
    """A GPU host with the fake docker; its role may pull Deep Learning Containers."""
    if reason := requirements.can_run():
        pytest.skip(reason)
    home = tmp_path_factory.mktemp("bay")
    with opened() as lab:
        clone = copy_project(ROOT, home / "clone")
        env = {**private_env(lab.env(), home, clone), "GPUINFRA_WAIT": "0"}
        bay = DockerHost(lab=lab, project=clone, env=env)
        bay.ok("init", "--region", "us-east-1", "--owner", "tester")
        values = clone / "terraform" / "terraform.tfvars"
        values.write_text(values.read_text().replace("dlc_access = false", "dlc_access = true"))
        bay.ok("up", "--yes")
        bay.run("ssh", "--", "cloud-init status --wait")
        bay.install()
        # where our script shall look for ECR; read when a connection is made, so that a new one is needed
        bay.there(f"echo {ENDPOINT} | sudo tee -a /etc/environment")
        bay.ok("ssh", "--forget-key", "--", "true")
        yield bay


@pytest.fixture
def bay(opened_bay: DockerHost) -> DockerHost:
    """The host, its docker without images and calls."""
    opened_bay.say()
    return opened_bay
