"""The commands that open the way to the host: ssh, ssh-config, logs; and ssm-proxy, which ssh starts."""

import os
from typing import Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli.options import Json, Stack, become, result
from gpuinfra.ground.names import DEFAULT_STACK


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command(context_settings={"ignore_unknown_options": True})(ssh)
    app.command("ssh-config")(ssh_config)
    app.command()(logs)


def ssh(
    command: Annotated[list[str] | None, typer.Argument(help="What to run there; default: a shell.")] = None,
    stack: Stack = DEFAULT_STACK,
    forget_key: Annotated[bool, typer.Option("--forget-key", help="Read its host key anew first.")] = False,
    session_manager: Annotated[
        bool, typer.Option("--session-manager", help="AWS's own shell, without ssh; needs AWS's plugin.")
    ] = False,
) -> None:
    """Open the host, its key verified. After --: a command to run."""
    from gpuinfra.features.connect.session import session
    from gpuinfra.features.connect.ssm_shell import shell

    world = factory.world(stack, os.environ)
    if session_manager:
        shell(world, command or [])
    become(session(world, command or [], forget_key=forget_key))


def ssh_config(
    stack: Stack = DEFAULT_STACK,
    install: Annotated[bool, typer.Option("--install", help="Include it in ~/.ssh/config.")] = False,
    as_json: Json = False,
) -> None:
    """Write an alias for ssh, rsync, git and editors; print it."""
    from gpuinfra.features.connect.ssh_alias import write_alias

    alias = write_alias(factory.world(stack, os.environ), os.environ, install=install)
    result(alias.alias, alias.plain(), as_json)


def logs(
    stack: Stack = DEFAULT_STACK,
    console: Annotated[bool, typer.Option("--console", help="The serial console instead.")] = False,
    as_json: Json = False,
) -> None:
    """Print what the host logged while it set itself up."""
    from gpuinfra.features.boot import logs

    text = logs.logs(factory.world(stack, os.environ), console=console)
    result(text.rstrip(), {"log": text}, as_json)


def add_proxy_to(app: typer.Typer) -> None:
    """Add the command that ssh starts."""
    app.command("ssm-proxy", hidden=True)(ssm_proxy)


def ssm_proxy(
    target: Annotated[str, typer.Argument(help="The instance.")],
    port: Annotated[int, typer.Argument(min=1, max=65535, help="Its port.")] = 22,
    region: Annotated[str, typer.Option(help="Its region; default: your AWS configuration's.")] = "",
) -> None:
    """Lead ssh to a private host (experimental: not yet run on AWS).

    ssh starts it by itself, as its ProxyCommand, for hosts with access = "ssm". GPUINFRA_SSM_PLUGIN=1 lets
    AWS's session-manager-plugin do it, if that is on PATH.
    """
    from gpuinfra.features.connect.ssm_proxy import proxy

    proxy(target, port, region=region or factory.default_region())
