"""Command lines of docker, from what was found on the host: pure."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from gpuinfra.features.containers import docker_args
from gpuinfra.features.containers.docker_args import ContainerSpec, DockerInfo
from gpuinfra.ground.errors import HostError

HOST = Path(docker_args.__file__).parents[2] / "host"
ENGINE = DockerInfo(
    docker="/usr/bin/docker",
    sudo=False,
    error="",
    toolkit=True,
    driver="570.133.20",
    user="ubuntu",
    uid=1000,
    gid=1000,
    shared_memory=8 << 30,
    home="/home/ubuntu",
    accounts="/data",
    container_home="/data/home",
    build_context="/home/ubuntu/project",
    has_image=True,
)
BOX = ContainerSpec(image="gpuinfra", folder="project", argv=["true"], gpus=True, terminal=True)


@pytest.mark.parametrize(
    ("driver", "image", "cuda"),
    [
        ("590.10", "nvidia/cuda:13.0.1-base-ubuntu22.04", "13.0"),
        ("580.65.06", "nvidia/cuda:13.0.1-base-ubuntu22.04", "13.0"),
        ("570.133.20", "nvidia/cuda:12.8.1-base-ubuntu22.04", "12.8"),
        ("550.54.14", "nvidia/cuda:12.4.1-base-ubuntu22.04", "12.4"),
        ("550.40.07", "nvidia/cuda:12.2.2-base-ubuntu22.04", "12.2"),
        ("535.216.01", "nvidia/cuda:12.2.2-base-ubuntu22.04", "12.2"),
        ("470.256.02", "nvidia/cuda:11.4.3-base-ubuntu20.04", "11.4"),
        ("", "ubuntu:22.04", ""),
    ],
)
def test_the_base_is_the_newest_that_the_driver_serves(driver: str, image: str, cuda: str) -> None:
    """Without compatibility packages; a host without a GPU gets a plain Ubuntu."""
    assert docker_args.base(driver) == (image, cuda)


def test_a_driver_that_is_too_old() -> None:
    """For every base image: said with both numbers."""
    with pytest.raises(HostError, match=r"driver is 418\.87\.01; CUDA images need 470 at least"):
        docker_args.base("418.87.01")


@pytest.mark.parametrize(
    ("cuda", "fits"), [("13.0", False), ("14.0", False), ("12.9", True), ("11.8", True), ("", True)]
)
def test_an_image_must_fit_the_driver(cuda: str, fits: bool) -> None:
    """A driver serves every minor version of its CUDA; a newer major one it does not."""
    if fits:
        docker_args.check_cuda("x", cuda, "570.133.20")
        return
    with pytest.raises(HostError, match="drivers from 580 on serve; the host has 570"):
        docker_args.check_cuda("x", cuda, "570.133.20")


def test_a_cpu_host_needs_no_driver() -> None:
    """Nor the toolkit; and its containers get no --gpus."""
    docker_args.check(replace(ENGINE, driver="", toolkit=False), gpu_count=0, stack_option="")
    docker_args.check_cuda("x", "13.0", "")
    assert "--gpus" not in docker_args.run(ENGINE, replace(BOX, gpus=False))


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        ({"docker": ""}, "docker is not on the host", "gpuinfra ssh --stack b -- 'sudo apt-get update"),
        ({"error": "no"}, "docker does not answer on the host: no", "systemctl restart docker"),
        ({"driver": ""}, "nvidia-smi does not answer", "gpuinfra ssh --stack b -- nvidia-smi"),
        ({"toolkit": False}, "container toolkit is not on the host", "--upgrade-image --stack b"),
    ],
)
def test_what_is_missing(change: dict[str, str], message: str, hint: str) -> None:
    """Fact, and one command that names the stack."""
    with pytest.raises(HostError, match=message) as caught:
        docker_args.check(replace(ENGINE, **change), gpu_count=1, stack_option=" --stack b")  # type: ignore[arg-type]
    assert hint in caught.value.hint


def test_a_container_has_no_more_of_the_host_than_it_is_given() -> None:
    """An image of others' gets no rights beyond the user's, and shared memory of its own."""
    argv = docker_args.run(ENGINE, BOX)
    options = argv[: argv.index(BOX.image)]
    assert not {"--ipc", "--privileged", "--cap-add", "--pid", "--network"} & set(options)
    given = {(options[n], options[n + 1]) for n in range(len(options) - 1)}
    assert {
        ("--shm-size", str(8 << 30)),
        ("--cap-drop", "ALL"),
        ("--security-opt", "no-new-privileges"),
        ("--user", "1000:1000"),
    } <= given


def test_sudo_passes_the_token_on() -> None:
    """It would drop the environment."""
    argv = docker_args.run(replace(ENGINE, sudo=True), replace(BOX, passed=("JUPYTER_TOKEN",)))
    assert argv[:5] == ["sudo", "-n", "--preserve-env=JUPYTER_TOKEN", "/usr/bin/docker", "run"]
    assert "--tty" in argv


def test_what_the_host_said_is_read_from_the_last_line() -> None:
    """A login banner before it does no harm."""
    raw = {**vars(ENGINE), "notes": ["a"]}
    assert docker_args.parse(f"Welcome!\n{json.dumps(raw)}\n") == replace(ENGINE, notes=("a",))


def test_the_steps_of_the_dockerfile_are_valid_shell() -> None:
    """Each RUN, as bash reads it."""
    text = (HOST / "Dockerfile").read_text().replace("\\\n", "")
    steps = [line.removeprefix("RUN ") for line in text.splitlines() if line.startswith("RUN ")]
    assert len(steps) == 4
    for step in steps:
        subprocess.run(["bash", "-euc", f"exit 0; {step}"], check=True)
        subprocess.run(["bash", "-n"], input=step, text=True, check=True)
