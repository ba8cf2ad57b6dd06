"""JupyterLab in a container on the host: it goes on without the connection, until it is stopped."""

import json

from gpuinfra.features.connect.connect import connect
from gpuinfra.features.containers import docker, docker_args
from gpuinfra.features.containers.docker import Before
from gpuinfra.features.containers.docker_args import ContainerSpec
from gpuinfra.features.web.jupyter import JupyterServer, read_answer, server
from gpuinfra.ground.errors import HostError
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World
from gpuinfra.tools.ssh import host_bundle

VERB = "docker jupyter"
TIMEOUT_S = 180.0
LAB = ("jupyter", "lab", "--no-browser", "--ip=0.0.0.0", "--port=8888", "--ServerApp.port_retries=0")
DOCKER = ("sudo", "-n", "--preserve-env=JUPYTER_TOKEN", "docker")


def start(world: World, *, image: str, before: Before) -> JupyterServer:
    """Start it on the host, unless it runs.

    Raises:
        HostError: no container can run there, or another image's JupyterLab runs, or it did not start.
    """
    host, engine = docker.ready(world, image, before)
    spec = ContainerSpec(
        image=image,
        folder=world.folder,
        argv=LAB,
        gpus=host.gpu_count > 0,
        terminal=False,
        passed=("JUPYTER_TOKEN",),
        stays=True,
    )
    words = docker_args.run(engine, spec)[len(engine.command) + 1 :]
    program = host_bundle.script("docker_jupyter.py", "start", *engine.command)
    stdin = json.dumps({"image": image, "run": words}).encode()
    found = read_answer(world.host.run(host, program, stdin=stdin, timeout_s=TIMEOUT_S).stdout, host.stack)
    detail = found.get("detail") or ""
    if found.get("error") == "other-image":
        raise HostError(
            f"JupyterLab of the image {detail!r} runs in a container already",
            hint=command(f"{VERB} --stop", host.stack),
        )
    if found.get("error"):
        raise HostError(
            f"JupyterLab did not start in the image {image!r}:\n{detail}",
            hint=command(
                "docker shell" + ("" if image == docker_args.IMAGE else f" --image {image}"), host.stack
            ),
        )
    return server(found, host.stack)


def stop(world: World) -> bool:
    """End it and its kernels; return whether it ran."""
    host = connect(world)
    program = host_bundle.script("docker_jupyter.py", "stop", *DOCKER)
    found = read_answer(world.host.run(host, program, timeout_s=TIMEOUT_S).stdout, host.stack)
    return bool(found.get("was_running"))
