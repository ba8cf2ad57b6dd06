"""JupyterLab of the host's environment, in the synced project."""

import json
from dataclasses import dataclass, field
from typing import Any

from gpuinfra.features.connect.connect import connect
from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.ground.hints import command
from gpuinfra.ground.model import Host
from gpuinfra.ground.project_dir import PROJECT_DIRECTORY
from gpuinfra.ground.protocols import World
from gpuinfra.tools.ssh import host_bundle

PORT = 8888
START_TIMEOUT_S = 90.0
MISSING = """\
the environment {detail!r} of this host was made without jupyterlab. This host gets it by the command below;
those to come, by this line among the dependencies of environment.yml:
    - jupyterlab"""
INSTALL = "run -- conda install -y -n {detail} -c conda-forge jupyterlab"


@dataclass(frozen=True, kw_only=True)
class JupyterServer:
    """A running JupyterLab: its port on the host and the token that lets one in."""

    port: int
    token: str = field(repr=False)
    started: bool


def start(world: World) -> JupyterServer:
    """Start it on the host, unless it runs.

    Raises:
        ConfigError: the environment has no jupyterlab.
        HostError: the host is not ready, or it did not start.
    """
    host = connect(world)
    found = _ask(world, host, "start")
    error, detail = found.get("error", ""), str(found.get("detail", ""))
    if error == "no-jupyterlab":
        hint = command(INSTALL.format(detail=detail), host.stack)
        raise ConfigError(MISSING.format(detail=detail), hint=hint)
    if error == "not-ready":
        raise HostError(
            f"the host's environment is not ready ({detail})", hint=command("status --watch", host.stack)
        )
    if error:
        raise HostError(f"JupyterLab did not start:\n{detail}", hint=command("ssh", host.stack))
    return JupyterServer(port=int(found["port"]), token=str(found["token"]), started=bool(found["started"]))


def stop(world: World) -> bool:
    """Stop it and delete its token; return whether it ran."""
    host = connect(world)
    return bool(_ask(world, host, "stop").get("was_running"))


def url(lab: JupyterServer, local: int) -> str:
    """Return the address to open on this machine."""
    return f"http://127.0.0.1:{local}/lab?token={lab.token}"


def _ask(world: World, host: Host, verb: str) -> dict[str, Any]:
    program = host_bundle.script("jupyter.py", verb, PROJECT_DIRECTORY)
    text = world.host.run(world.ssh.argv(host, []), program, timeout_s=START_TIMEOUT_S).stdout
    try:
        found: dict[str, Any] = json.loads(text.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise HostError(
            f"the host did not understand: {text.strip()[-200:] or 'it said nothing'}",
            hint=command("ssh -- python3 --version", host.stack),
        ) from None
    return found
