"""The commands about containers on the host: one function each, as in commands.py."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gpuinfra import factory
from gpuinfra.ground.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuinfra.features.containers.dlc_images import DlcImage
    from gpuinfra.ground.model import Host
    from gpuinfra.ground.protocols import World

INSTALLER = "miniforge"  # in an image: its packages come from conda-forge without anybody's terms


def build(stack: str, *, no_cache: bool) -> None:
    """Build the image of the user's environment on the host; becomes ssh."""
    import tomllib

    from gpuinfra.features.containers.docker import build as action
    from gpuinfra.features.environment.host_environment import pip_parts

    world = factory.world(stack, os.environ)
    root = factory.project(os.environ).root
    pins = root / "cloud-init" / "installers.toml"
    parts = pip_parts([root / "environment.yml", Path.cwd() / "environment.yml"])
    installer = tomllib.loads(pins.read_text(encoding="utf-8"))[INSTALLER]
    _become(
        world, *action(world, installer=installer, no_cache=no_cache, pip_parts=parts), options=_terminal()
    )


def run(stack: str, command: Sequence[str], *, image: str) -> None:
    """Run a command in a container; becomes ssh, so the exit code is the command's own."""
    from gpuinfra.features.containers.docker import run as action

    world = factory.world(stack, os.environ)
    host, remote = action(world, command, image=image, terminal=bool(_terminal()))
    _become(world, host, remote, options=_terminal())


def jupyter(stack: str, *, image: str, port: int) -> None:
    """Run JupyterLab in a container, tunnelled here; becomes ssh.

    Raises:
        ConfigError: the port is none.
    """
    from gpuinfra.features.containers.docker import jupyter as action

    if not 1024 <= port <= 65535:
        raise ConfigError(
            f"the port is {port}; it must be from 1024 to 65535", hint="gpuinfra docker jupyter --port 8886"
        )
    world = factory.world(stack, os.environ)
    host, remote = action(world, image=image, port=port, terminal=bool(_terminal()))
    # a connection of its own: through the shared one the tunnel would outlive this command
    tunnel = ["-o", "ControlPath=none", "-o", "ExitOnForwardFailure=yes", "-L", f"{port}:127.0.0.1:{port}"]
    _become(world, host, remote, options=[*_terminal(), *tunnel])


def dlc_run(stack: str, image: str, command: Sequence[str]) -> None:
    """Run a command in an AWS Deep Learning Container; becomes ssh."""
    from gpuinfra.features.containers.dlc import run as action

    world = factory.world(stack, os.environ)
    host, remote = action(world, image, command, terminal=bool(_terminal()))
    _become(world, host, remote, options=_terminal())


def dlc_list(
    stack: str, *, framework: str, processor: str, region: str, everything: bool, refresh: bool
) -> list[DlcImage]:
    """Return the AWS Deep Learning Containers of a region; asked of ECR at most once a day."""
    from gpuinfra.features.containers.dlc import images

    if processor not in ("", "gpu", "cpu"):
        raise ConfigError(f"the processor is {processor!r}; it must be gpu or cpu", hint="gpuinfra dlc list")
    where = region or _region(stack)
    ask = factory.catalogue(where, os.environ, refresh=refresh)
    return images(where, ask, framework=framework, processor=processor, everything=everything)


def dlc_text(found: Sequence[DlcImage]) -> str:
    """Return images as a table."""
    head = ("FRAMEWORK", "VERSION", "FOR", "PYTHON", "CUDA", "IMAGE")
    rows = [(it.framework, it.version, it.processor, it.python, it.cuda or "-", it.image) for it in found]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in (head, *rows))
    return "\n".join(lines)


def _region(stack: str) -> str:
    values = factory.world(stack, os.environ).values
    return values.read().region if values.exists() else factory.default_region()


def _terminal() -> list[str]:
    """Return ssh's option for a terminal there, if there is one here."""
    return ["-t"] if sys.stdin.isatty() and sys.stdout.isatty() else []


def _become(world: World, host: Host, remote: str, *, options: Sequence[str]) -> None:
    program, *rest = world.ssh.argv(host, [remote])
    sys.stderr.flush()
    os.execv(program, [program, *options, *rest])  # noqa: S606 - an argv list, no shell here
