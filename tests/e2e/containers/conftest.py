"""One host for all tests of this folder; nobody waits for its environment."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.lab.lab import open_lab
from gpuinfra.simulator.project_copy import copy_project, private_env
from tests.e2e.containers.docker_host import DockerHost
from tests.running_provider import running_provider

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "ecr-password-0123456789abcdef"


@pytest.fixture(scope="session")
def booted_docker_host(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Iterator[DockerHost]:
    """A GPU host with the fake docker; its role may pull Deep Learning Containers."""
    if reason := requirements.why_not():
        pytest.skip(reason)
    home = tmp_path_factory.mktemp("docker_host")
    with open_lab() as lab:
        clone = copy_project(ROOT, home / "project")  # its folder on the host has the same name
        env = {**private_env(lab.env(), home, clone), "GPUINFRA_WAIT": "0"}
        with running_provider(installed, env, enter=lab.command([])) as provider:
            docker_host = DockerHost(lab=lab, project=clone, env=env | provider)
            docker_host.ok("init", "--region", "us-east-1", "--owner", "tester")
            values = clone / "terraform" / "terraform.tfvars"
            values.write_text(values.read_text().replace("dlc_access = false", "dlc_access = true"))
            docker_host.ok("up", "--yes")
            docker_host.run("ssh", "--", "cloud-init status --wait")
            docker_host.install(ecr_password=PASSWORD)
            yield docker_host


@pytest.fixture
def docker_host(booted_docker_host: DockerHost) -> DockerHost:
    """The host, its docker without images and calls."""
    booted_docker_host.say()
    return booted_docker_host
