"""The command that ssh starts for a private host, as in cli.py."""

from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("ssm-proxy")(ssm_proxy)


def ssm_proxy(
    target: Annotated[str, typer.Argument(help="The instance.")],
    port: Annotated[int, typer.Argument(min=1, max=65535, help="Its port.")] = 22,
    region: Annotated[str, typer.Option(help="Its region; default: your AWS configuration's.")] = "",
) -> None:
    """Lead ssh to a private host (experimental: not yet run on AWS).

    ssh starts it by itself, as its ProxyCommand, for hosts with access = "ssm". GPUINFRA_SSM_PLUGIN=1 lets
    AWS's session-manager-plugin do it, if that is on PATH.
    """
    from gpuinfra import factory
    from gpuinfra.features.connect import ssm_proxy as commands_ssm

    commands_ssm.proxy(target, port, region=region or factory.default_region())
