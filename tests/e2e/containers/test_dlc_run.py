"""AWS Deep Learning Containers on a host: pulled as its role, with a password that is written nowhere."""

import base64
import hashlib
import json
from collections.abc import Iterator

import pytest

from tests.e2e.cli import refused
from tests.e2e.containers.conftest import PASSWORD
from tests.e2e.containers.docker_host import DockerHost

pytestmark = pytest.mark.e2e

TAG = "pytorch-training:2.7.1-gpu-py312-cu128-ubuntu22.04-ec2"
REGISTRY = "763104351884.dkr.ecr.us-east-1.amazonaws.com"


@pytest.fixture
def ecr(docker_host: DockerHost) -> Iterator[DockerHost]:
    """The host with the fake ECR running."""
    docker_host.there("sudo rm -f /var/tmp/fake-ecr.jsonl; sudo systemctl start fake-ecr")
    docker_host.there("until (: </dev/tcp/127.0.0.1/8999) 2>/dev/null; do sleep 0.1; done")
    yield docker_host
    docker_host.there("sudo systemctl stop fake-ecr; sudo rm -f /var/tmp/fake-ecr-refuses")


def test_pulled_by_the_role_and_run(ecr: DockerHost) -> None:
    """The role's keys sign the request, docker gets the password from our helper; the exit code passes."""
    done = ecr.run("dlc", "run", TAG, "--", "sh", "-c", "echo out; exit 41")
    assert (done.returncode, done.stdout) == (41, "out\n"), done.stderr
    assert "pulled by the fake docker" in done.stderr
    pull, login, run = ecr.calls()
    assert pull["argv"][2:] == ["pull", f"{REGISTRY}/{TAG}"]
    assert (login["login"], login["registry"]) == ("AWS", REGISTRY)
    assert login["secret_sha256"] == hashlib.sha256(PASSWORD.encode()).hexdigest()
    assert login["files"] == ["config.json", "docker-credential-gpuinfra-ecr"]
    assert run["argv"][-4:] == [f"{REGISTRY}/{TAG}", "sh", "-c", "echo out; exit 41"]
    asked = json.loads(ecr.there("cat /var/tmp/fake-ecr.jsonl"))
    assert asked["body"] == '{"registryIds": ["763104351884"]}'
    assert "Credential=simulator/" in asked["headers"]["Authorization"]
    assert asked["headers"]["X-Amz-Security-Token".lower().title()] == "simulator"

    ecr.there("sudo rm /var/tmp/fake-docker/calls.jsonl")
    assert ecr.run("dlc", "run", TAG, "--", "true").returncode == 0
    assert [call["argv"][0] for call in ecr.calls()] == ["run"], "what is there is not pulled again"


def test_no_credential_is_left(ecr: DockerHost) -> None:
    """In no file of the host, memory disks included: neither the password nor how docker would store it."""
    assert ecr.run("dlc", "run", TAG, "--", "true").returncode == 0
    stored = base64.b64encode(f"AWS:{PASSWORD}".encode()).decode()
    # the pattern goes by stdin: in a command line it would find itself
    search = "sudo grep -rlF --exclude-dir=proc --exclude-dir=sys -f - / 2>/dev/null; test $? -le 2"
    assert ecr.ok("ssh", "--", search, stdin=f"{PASSWORD}\n{stored}\n") == ""
    assert ecr.there("ls -d /dev/shm/gpuinfra* /tmp/gpuinfra* ~/.docker 2>/dev/null; true") == ""
    controls = ["/dev/shm/control", "/home/ubuntu/control"]
    for place in controls:
        ecr.put(place, stored.encode())
    found = ecr.ok("ssh", "--", search, stdin=f"{PASSWORD}\n{stored}\n")
    ecr.there(f"sudo rm {' '.join(controls)}")
    assert sorted(found.split()) == controls, "the search finds what is left"


def test_a_role_that_may_not(ecr: DockerHost) -> None:
    """AWS's words reach the user, nothing runs, and docker's own exit code says that."""
    ecr.there("sudo touch /var/tmp/fake-ecr-refuses")
    done = ecr.run("dlc", "run", TAG, "--", "echo", "ran")
    assert (done.returncode, done.stdout) == (125, "")
    assert "ECR refused the host's role (HTTP 400)" in done.stderr
    assert ecr.there("ls -d /dev/shm/gpuinfra* 2>/dev/null; true") == ""


def test_images_that_cannot_be_run_are_refused_before_anything_is_fetched(docker_host: DockerHost) -> None:
    """Another registry, and a CUDA that driver 570 does not serve."""
    refused(docker_host.run("dlc", "run", "docker.io/x:1", "--", "true"), 2, "the image is 'docker.io/x:1'")
    newer = "pytorch-training:2.9.0-gpu-py312-cu130-ubuntu22.04-ec2"
    refused(
        docker_host.run("dlc", "run", newer, "--", "true"), 5, "needs CUDA 13.0", "the host has 570.133.20"
    )
    assert docker_host.there("ls /var/tmp/fake-docker") == "images\ninfo.json"
