"""A user's project: init, eject, trust."""

import os
from pathlib import Path
from typing import Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli import complete
from gpuinfra.cli.groups import examples
from gpuinfra.cli.options import Cidr, Json, Stack, result
from gpuinfra.factory import initial
from gpuinfra.ground.names import DEFAULT_STACK


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command(epilog=examples("init --instance-type g5.xlarge", "init --stack b --from default"))(init)
    app.command()(eject)
    app.command()(trust)


def init(
    stack: Stack = DEFAULT_STACK,
    region: Annotated[str, typer.Option(help="AWS region; default: your AWS configuration's.")] = "",
    owner: Annotated[str, typer.Option(help="Who pays; default: your login name.")] = "",
    cidr: Cidr = "",
    public_key: Annotated[Path | None, typer.Option(help="Default: a key of gpuinfra's own.")] = None,
    instance_type: Annotated[str, typer.Option(metavar="TYPE", help="EC2 type; default: g4dn.xlarge.")] = "",
    max_usd: Annotated[
        str,
        typer.Option(metavar="USD", help="AWS stops the host when it has cost so much; default: no limit."),
    ] = "",
    begin_with: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="PROFILE",
            help="Begin with values of another stack, or of a file.",
            autocompletion=complete.stacks,
        ),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    as_json: Json = False,
) -> None:
    """Write terraform.tfvars with your own address and key. A directory in no project becomes one."""
    from gpuinfra.features.provision import init

    world = factory.world_for_init(stack, os.environ)
    values = initial.init_values(
        os.environ, region=region, owner=owner, cidr=cidr, instance_type=instance_type, asks=True,
        public_key=public_key, max_usd=max_usd, profile=initial.profile(world, begin_with),
    )  # fmt: skip
    path = init.init(world, values, force=force)
    result(str(path), {"path": str(path)}, as_json)


def eject(as_json: Json = False) -> None:
    """Make the Terraform module your own. To edit, and to keep without gpuinfra."""
    folder = str(factory.eject(os.environ))
    result(folder, {"ejected": folder}, as_json)


def trust(
    directory: Annotated[Path, typer.Argument(help="In it; default: here.")] = Path(),
    as_json: Json = False,
) -> None:
    """Let a project of somebody else's run. Its Terraform and scripts use your AWS credentials."""
    from gpuinfra.features.trust import trust

    project = str(trust.trust(directory, factory.trusted_projects(os.environ)))
    result(project, {"trusted": project}, as_json)
