"""One private host for all tests of this folder, behind the fake Session Manager of tests.ssm."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gpuinfra.simulator.conda.offline_setup import set_up_offline
from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.lab.lab import Lab, open_lab
from gpuinfra.simulator.project_copy import copy_project, private_env
from tests.e2e.conftest import ROOT
from tests.e2e.private_host.private_host import PrivateHost
from tests.running_provider import running_provider
from tests.tools.ssm import frames
from tests.waiting import wait_until


@pytest.fixture(scope="session")
def private_host(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Iterator[PrivateHost]:
    """A ready private host, made by access = "ssm" alone; skipped with the reason where none can boot."""
    if reason := requirements.why_not():
        pytest.skip(reason)
    home = tmp_path_factory.mktemp("private_host")
    with open_lab() as lab, fake(lab, home) as api:
        clone = copy_project(ROOT, home / "clone")
        set_up_offline(lab.mirror, lab.image, clone)
        sessions = {"AWS_ENDPOINT_URL_SSM": api, "AWS_SECRET_ACCESS_KEY": frames.SECRET}
        env = private_env({**lab.env(), **sessions}, home, clone)
        with running_provider(installed, env, enter=lab.command([])) as provider:
            made = PrivateHost(project=home / "project", env=env | provider, lab=lab)
            made.project.mkdir()
            (made.project / ".gpuinfraignore").write_text("")
            made.ok("init", "--region", "us-east-1")
            values = clone / "terraform" / "terraform.tfvars"
            values.write_text(values.read_text().replace('access = "ssh"', 'access = "ssm"'))
            made.ok("up", "--yes")
            yield made


@contextmanager
def fake(lab: Lab, home: Path) -> Iterator[str]:
    """Run the fake Session Manager inside; yield where its API is."""
    ready, log = home / "ready", home / "fake.log"
    argv = lab.command([sys.executable, "-m", "tests.tools.ssm.fake_aws", ready, lab.inside_url], ROOT)
    with log.open("wb") as said, subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=said) as entered:
        try:
            wait_until(lambda: ready.exists() or entered.poll() is not None, "the fake", more=log.read_text)
            yield ready.read_text()
        finally:
            entered.kill()  # it only waits there; the fake itself ends with the lab
