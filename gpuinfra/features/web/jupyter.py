"""JupyterLab of the host's environment, in the synced project."""

import json
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gpuinfra.features.connect.connect import connect
from gpuinfra.features.web.forward import UP_TIMEOUT_S, Route, Tunnel, refuse_taken
from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.reply import checked
from gpuinfra.ground.world import World
from gpuinfra.tools.ssh import host_bundle

PORT = 8888
SHAPE = {
    **dict.fromkeys(("error", "detail", "token"), (str, None)),
    "port": (int, None),
    **dict.fromkeys(("started", "was_running"), (bool, None)),
}
TOKEN = re.compile(r"[0-9A-Za-z_-]{16,128}\Z")  # stands in an address
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


@dataclass(frozen=True, kw_only=True)
class LocalJupyter:
    """JupyterLab as one reaches it on this machine."""

    url: str = field(repr=False)
    local_port: int
    host_port: int


@contextmanager
def opened(
    world: World, tunnel: Tunnel, *, port: int, before: Callable[[Host], None] = lambda _: None
) -> Iterator[LocalJupyter]:
    """Start JupyterLab and carry its port for as long as the block runs.

    Raises:
        ConfigError: the local port is taken.
        HostError: it did not start, or cannot be carried here.
    """

    def again(other: int) -> str:
        return command(f"jupyter --port {other}", world.files.name)

    if port:
        refuse_taken(tunnel, Route(local=port, remote=0, again=again))
    lab = start(world, before)
    local = port or tunnel.free(PORT)
    carried = tunnel.carry(connect(world), local=local, remote=lab.port)
    try:
        if not carried.up(timeout_s=UP_TIMEOUT_S):
            raise HostError(f"the port {local} is not carried to the host: {carried.wait()}")
        yield LocalJupyter(url=url(lab, local), local_port=local, host_port=lab.port)
    finally:
        carried.end()


def start(world: World, before: Callable[[Host], None] = lambda _: None) -> JupyterServer:
    """Start it on the host, unless it runs.

    before: is done on the connected host, and raises what forbids to go on.

    Raises:
        ConfigError: the environment has no jupyterlab.
        HostError: the host is not ready, or it did not start.
    """
    host = connect(world)
    before(host)
    found = _ask(world, host, "start")
    error, detail = found.get("error"), found.get("detail") or ""
    if error == "no-jupyterlab":
        hint = command(INSTALL.format(detail=shlex.quote(detail)), host.stack)
        raise ConfigError(MISSING.format(detail=detail), hint=hint)
    if error == "not-ready":
        raise HostError(
            f"the host's environment is not ready ({detail})", hint=command("status --watch", host.stack)
        )
    if error:
        raise HostError(f"JupyterLab did not start:\n{detail}", hint=command("ssh", host.stack))
    return server(found, host.stack)


def stop(world: World) -> bool:
    """Stop it and delete its token; return whether it ran."""
    host = connect(world)
    return bool(_ask(world, host, "stop").get("was_running"))


def server(found: dict[str, Any], stack: str) -> JupyterServer:
    """Return what the host said of a running one.

    Raises:
        HostError: it is no port, or no token.
    """
    port, token = found.get("port") or 0, found.get("token") or ""
    if not (0 < port < 65536 and TOKEN.match(token)):
        raise HostError("the host did not say where its JupyterLab is", hint=command("ssh", stack))
    return JupyterServer(port=port, token=token, started=bool(found.get("started")))


def url(lab: JupyterServer, local: int) -> str:
    """Return the address to open on this machine."""
    return f"http://127.0.0.1:{local}/lab?token={lab.token}"


def read_answer(text: str, stack: str) -> dict[str, Any]:
    """Return what a script on the host answered, checked: its last line.

    Raises:
        HostError: that is none of ours.
    """
    try:
        said = json.loads(text.strip().splitlines()[-1])
    except (ValueError, IndexError, RecursionError):
        raise HostError(
            f"the host did not understand: {text.strip()[-200:] or 'it said nothing'}",
            hint=command("ssh -- python3 --version", stack),
        ) from None
    found: dict[str, Any] = checked(said, SHAPE, "its JupyterLab")
    return found


def _ask(world: World, host: Host, verb: str) -> dict[str, Any]:
    program = host_bundle.script("jupyter.py", verb, world.folder)
    return read_answer(world.host.run(host, program, timeout_s=START_TIMEOUT_S).stdout, host.stack)
