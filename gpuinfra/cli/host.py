"""The commands that go onto the host, as in cli.py."""

from typing import Annotated

import typer

from gpuinfra.cli.options import Json, Stack, result
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
) -> None:
    """Open the host, its key verified. After --: a command to run."""
    from gpuinfra.cli import commands_host

    commands_host.ssh(stack, command or [], forget_key=forget_key)


def ssh_config(
    stack: Stack = DEFAULT_STACK,
    install: Annotated[bool, typer.Option("--install", help="Include it in ~/.ssh/config.")] = False,
    as_json: Json = False,
) -> None:
    """Write an alias for ssh, rsync, git and editors; print it."""
    from gpuinfra.cli import commands_host

    path, alias = commands_host.ssh_config(stack, install=install)
    result(alias, {"alias": alias, "path": str(path)}, as_json)


def logs(
    stack: Stack = DEFAULT_STACK,
    boot: Annotated[bool, typer.Option("--boot", help="The bootstrap's whole log (the default).")] = True,
    console: Annotated[bool, typer.Option("--console", help="The serial console instead.")] = False,
    as_json: Json = False,
) -> None:
    """Print what the host logged while it set itself up."""
    from gpuinfra.cli import commands_host

    text = commands_host.logs(stack, console=console)
    result(text.rstrip(), {"log": text}, as_json)
