"""docker jupyter: what the host's half is told, and its answers as words."""

import dataclasses
import json
from pathlib import Path

import pytest

from gpuinfra.features.containers import docker, jupyter
from gpuinfra.features.web.jupyter import JupyterServer
from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.ground.model import Host
from gpuinfra.ground.world import World
from tests.fakes.host import fake_world
from tests.fakes.jobs import FakeHostClient
from tests.features.containers.test_docker_args import ENGINE
from tests.features.sync.test_sync import reachable

INFO = json.dumps({**dataclasses.asdict(ENGINE), "notes": []})
RUNS = json.dumps({"image": "gpuinfra", "port": 40001, "token": "0123456789abcdef", "started": True})


def start(tmp_path: Path, *replies: str, image: str = "gpuinfra") -> tuple[JupyterServer, FakeHostClient]:
    """Start it on a host that says this."""
    host = FakeHostClient(*replies)
    world = fake_world(tmp_path, ssh=reachable(), host=host)
    return jupyter.start(world, image=image, before=lambda _: None), host


def test_the_container_stays_and_has_the_gpus(tmp_path: Path) -> None:
    """Detached, not removed at its end (its last words say why it ended), and as the user."""
    lab, host = start(tmp_path, INFO, RUNS)
    assert (lab.port, lab.started) == (40001, True)
    program, stdin, _ = host.ran[-1]
    assert program[-2:] == ["start", "/usr/bin/docker"]
    words = json.loads(stdin)["run"]
    assert words[0] == "--init"
    assert not {"--rm", "--interactive", "--tty", "--publish"} & set(words)
    assert {"--gpus", "--cap-drop", "JUPYTER_TOKEN"} <= set(words)
    assert words[words.index("gpuinfra") :] == ["gpuinfra", *jupyter.LAB]


@pytest.mark.parametrize(
    ("answer", "says", "hint"),
    [
        (
            {"error": "other-image", "detail": "x:1"},
            "of the image 'x:1' runs in a container already",
            "gpuinfra docker jupyter --stop",
        ),
        (
            {"error": "start", "detail": "no such file: jupyter"},
            "did not start in the image 'y:2':\nno such file: jupyter",
            "gpuinfra docker shell --image y:2",
        ),
    ],
)
def test_refusals(answer: dict[str, str], says: str, hint: str, tmp_path: Path) -> None:
    """Each with the command that helps."""
    with pytest.raises(HostError) as caught:
        start(tmp_path, INFO, json.dumps(answer), image="y:2")
    assert says in caught.value.message
    assert caught.value.hint == hint


def test_it_can_be_ended(tmp_path: Path) -> None:
    """By the container's name, whoever started it."""
    host = FakeHostClient('{"was_running": true}')
    assert jupyter.stop(fake_world(tmp_path, ssh=reachable(), host=host))
    assert host.ran[-1][0][-5:] == ["stop", *jupyter.DOCKER]


def host_world(tmp_path: Path) -> World:
    """Return a world whose host has docker and the image."""
    return fake_world(tmp_path, ssh=reachable(), host=FakeHostClient(INFO))


@pytest.mark.parametrize("name", ["none", "folder", "../Dockerfile"])
def test_a_dockerfile_must_go_to_the_host(name: str, tmp_path: Path) -> None:
    """A file below the project's folder: said before the host is asked."""
    root = tmp_path / "project"
    (root / "folder").mkdir(parents=True)
    (tmp_path / "Dockerfile").touch()
    with pytest.raises(ConfigError, match=f"it must be a file below {root}"):
        docker.build_own(host_world(tmp_path), root / name, root, lambda _: None, no_cache=False)


def test_the_project_is_sent_before_docker_is_asked(tmp_path: Path) -> None:
    """What stands in the way of that stands in the way of the container."""

    def conflict(_: Host) -> None:
        raise HostError("changed on both sides")

    world = host_world(tmp_path)
    with pytest.raises(HostError, match="both sides"):
        docker.run(world, ["true"], conflict, image="gpuinfra")
