"""What the host says of docker, and how docker's data gets onto the instance store: with fakes on PATH."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from gpuinfra.features.containers import docker_args
from gpuinfra.features.containers.docker_args import DockerInfo
from gpuinfra.host import docker

INFO = {"DockerRootDir": "/var/lib/docker", "Images": 0, "Containers": 0, "Runtimes": {"runc": {}}}


@dataclass(frozen=True, kw_only=True)
class Box:
    """A directory of fake programs, and a home."""

    directory: Path

    def add(self, name: str, script: str) -> None:
        """Add a program; it is a shell script."""
        path = self.directory / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def look(self, *arguments: str) -> DockerInfo:
        """Run the script as the host does; it finds these programs alone."""
        (self.directory / "bin").mkdir(exist_ok=True)
        env = {"PATH": str(self.directory / "bin"), "HOME": str(self.directory)}
        argv = [sys.executable, docker.__file__, "project", "gpuinfra", *arguments]
        return docker_args.parse(
            subprocess.run(argv, env=env, capture_output=True, check=True).stdout.decode()
        )


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """An empty one."""
    return Box(directory=tmp_path)


def test_a_bare_host(box: Box) -> None:
    """No docker, no driver, no toolkit; the directories that containers mount belong to the user."""
    found = box.look()
    assert (found.docker, found.error, found.driver, found.toolkit) == ("", "", "", False)
    assert (found.uid, found.gid, found.home) == (os.getuid(), os.getgid(), str(box.directory))
    assert Path(found.container_home, "project").is_dir()
    assert Path(found.accounts, "passwd").read_text().splitlines()[0] == "root:x:0:0:root:/root:/bin/sh"


def test_a_gpu_host(box: Box) -> None:
    """Docker answers, knows the runtime and the image; the driver has a version."""
    info = json.dumps({**INFO, "Runtimes": {"nvidia": {}}})
    box.add("docker", f"[ $1 = image ] || echo '{info}'")
    box.add("nvidia-smi", "echo 580.65.06; echo 580.65.06")
    found = box.look()
    assert (found.toolkit, found.driver, found.has_image, found.error) == (True, "580.65.06", True, "")


def test_a_docker_that_root_alone_may_use(box: Box) -> None:
    """Then by sudo, which asks for no password on these hosts."""
    box.add(
        "docker",
        f"[ -n \"$ROOT\" ] || {{ echo 'permission denied' >&2; exit 1; }}; echo '{json.dumps(INFO)}'",
    )
    box.add("sudo", 'shift; ROOT=1 "$@"')
    found = box.look()
    assert (found.sudo, found.error) == (True, "")
    assert found.command[:2] == ["sudo", "-n"]


def test_a_docker_that_does_not_answer(box: Box) -> None:
    """Its own words are passed on."""
    box.add("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    assert box.look().error == "Cannot connect to the Docker daemon"


@pytest.fixture
def store(box: Box, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An instance store, and programs that write what they are told to."""
    box.add("sudo", 'shift; exec "$@"')
    box.add("systemctl", f'echo "$@" >>{tmp_path}/systemctl.log')
    box.add("lsblk", "[ $3 = /dev/nvme0n1 ] || echo 'Amazon EC2 NVMe Instance Storage'")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    return tmp_path


def test_the_instance_store_is_found_by_its_model(store: Path) -> None:
    """Not by its name or place; a host without one has none."""
    mounts = store / "mounts"
    mounts.write_text(
        f"/dev/nvme0n1 / ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n/dev/nvme1n1 {store} ext4 rw 0 0\n"
    )
    assert docker.instance_store(mounts) == str(store)
    mounts.write_text("/dev/nvme0n1 / ext4 rw 0 0\n")
    assert docker.instance_store(mounts) == ""


def test_docker_moves_there_before_it_holds_anything(store: Path) -> None:
    """What stands in daemon.json is kept; the unit waits for the disk; docker is started anew."""
    daemon, unit = store / "docker/daemon.json", store / "docker.service.d/gpuinfra.conf"
    daemon.parent.mkdir()
    daemon.write_text('{"runtimes": {"nvidia": {"path": "x"}}}')
    notes = docker.move_data(INFO, "/opt/dlami/nvme", daemon=daemon, unit=unit)
    assert notes == [
        "docker keeps its images on the instance store /opt/dlami/nvme: gone when the host is stopped"
    ]
    assert json.loads(daemon.read_text()) == {
        "runtimes": {"nvidia": {"path": "x"}},
        "data-root": "/opt/dlami/nvme/docker",
    }
    assert "RequiresMountsFor=/opt/dlami/nvme\n" in unit.read_text()
    assert (store / "systemctl.log").read_text().splitlines() == ["daemon-reload", "restart docker"]


@pytest.mark.parametrize(
    ("info", "place", "said"),
    [
        ({"Images": 3}, "/store", 1),
        ({"DockerRootDir": "/store/docker"}, "/store", 0),
        ({}, "", 0),
    ],
)
def test_docker_stays_where_it_is(info: dict[str, object], place: str, said: int, store: Path) -> None:
    """It holds images already, or is there already, or there is no such disk."""
    daemon = store / "docker/daemon.json"
    notes = docker.move_data({**INFO, **info}, place, daemon=daemon, unit=store / "unit/x.conf")
    assert len(notes) == said
    assert not daemon.exists()


def test_a_choice_of_the_user_stands(store: Path) -> None:
    """A data-root in daemon.json is somebody's decision."""
    daemon = store / "daemon.json"
    daemon.write_text('{"data-root": "/mine"}')
    assert docker.move_data(INFO, "/store", daemon=daemon, unit=store / "x.conf") == []
    assert daemon.read_text() == '{"data-root": "/mine"}'


YML = "dependencies: [python, pip: [rich]]\n"
DIGEST = hashlib.sha256(YML.encode()).hexdigest()
LOCK = f"# gpuinfra lock v1 input-sha256={DIGEST} cuda=none\n@EXPLICIT\n"


def context(box: Box, lock: str | None, pip_parts: dict[str, list[str]]) -> tuple[Path, str]:
    """Return what would be built from, for a project with this lock, and why it cannot be."""
    project = box.directory / "project"
    project.mkdir(exist_ok=True)
    (project / "environment.yml").write_text(YML)
    (project / "requirements.txt").write_text("numpy\n")
    if lock is not None:
        (project / "environment.lock").write_text(lock)
    return docker.build_context(project, box.directory / "data", pip_parts)


def test_a_project_without_a_lock_is_built_from_as_it_is(box: Box) -> None:
    """Conda in the image solves its environment.yml."""
    assert context(box, None, {}) == (box.directory / "project", "")


def test_an_image_is_built_from_the_lock(box: Box) -> None:
    """The lock goes into the image, with the pip section that the laptop split from that very file."""
    directory, why_not = context(box, LOCK, {DIGEST: ["rich"]})
    assert why_not == ""
    assert {path.name: path.read_text() for path in directory.iterdir()} == {
        "environment.yml": YML,
        "requirements.txt": "numpy\n",
        "gpuinfra-lock.txt": LOCK,
        "gpuinfra-pip.txt": "rich\n",
    }
    for name in ("gpuinfra-lock.txt", "gpuinfra-pip.txt"):
        ignored = Path(docker.__file__).with_name("Dockerfile.dockerignore")
        assert f"!{name}" in ignored.read_text().splitlines()


@pytest.mark.parametrize(
    ("lock", "parts", "why"),
    [
        (LOCK.replace(DIGEST, "0" * 64), {DIGEST: ["rich"]}, "made from another environment.yml"),
        (LOCK, {"0" * 64: ["rich"]}, "another than the one here"),
        ("@EXPLICIT\n", {}, "another than the one here"),
    ],
)
def test_a_lock_that_does_not_belong_is_refused(
    box: Box, lock: str, parts: dict[str, list[str]], why: str
) -> None:
    """A stale lock, or a pip section that nobody has split, would make another image than asked for."""
    assert why in context(box, lock, parts)[1]
