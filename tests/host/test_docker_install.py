"""What is installed: docker on a CPU host whose image has none, and a project's apt.txt in its image."""

import json
from pathlib import Path

from gpuinfra.host import docker
from tests.host.test_docker import DIGEST, INFO, LOCK, Box, box, context

__all__ = ["box"]  # the fixture
INSTALLS = (
    'echo "$@" >>$HOME/apt.log; for word; do [ $word != install ] || /bin/cp $HOME/docker $HOME/bin/; done'
)


def test_a_cpu_host_without_docker_gets_ubuntus(box: Box) -> None:
    """Once; apt waits for its lock and asks nobody; a docker that is there is left alone."""
    box.add("sudo", 'shift; exec "$@"')
    box.add("env", 'shift; exec "$@"')
    box.add("apt-get", INSTALLS)
    (box.directory / "docker").write_text(f"#!/bin/sh\necho '{json.dumps(INFO)}'\n")
    (box.directory / "docker").chmod(0o755)
    found = box.look("--install")
    assert (found.docker, found.error) == (f"{box.directory}/bin/docker", "")
    assert found.notes == ("the host had no docker: Ubuntu's was installed",)
    assert (box.directory / "apt.log").read_text().splitlines() == [
        "-qq -o DPkg::Lock::Timeout=300 update",
        "-qq -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends docker.io docker-buildx",
    ]
    assert box.look("--install").notes == ()


def test_a_docker_that_cannot_be_installed(box: Box) -> None:
    """apt's own words, and then what docker's absence means (docker_args.check)."""
    box.add("sudo", "echo 'E: Unable to locate package' >&2; exit 100")
    found = box.look("--install")
    assert (found.docker, found.notes) == (
        "",
        ("docker could not be installed: E: Unable to locate package",),
    )


def test_a_project_s_apt_txt_goes_into_an_image_from_its_lock_too(box: Box) -> None:
    """What is built from is a directory of our own then."""
    (box.directory / "project").mkdir()
    (box.directory / "project/apt.txt").write_text("ffmpeg\n")
    directory, _ = context(box, LOCK, {DIGEST: ["rich"]})
    assert (directory / "apt.txt").read_text() == "ffmpeg\n"
    assert "!apt.txt" in Path(docker.__file__).with_name("Dockerfile.dockerignore").read_text().splitlines()
