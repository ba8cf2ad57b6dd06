"""How many vCPUs the account may have: quota show, request, history."""

import os
from datetime import datetime
from typing import Annotated

import typer

from gpuinfra.cli.groups import examples
from gpuinfra.cli.options import Json, Stack, Yes, result
from gpuinfra.factory import quota_parts
from gpuinfra.ground.names import DEFAULT_STACK

# https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_RequestServiceQuotaIncrease.html
MOST = 10_000_000_000
Type = Annotated[str, typer.Option("--type", metavar="TYPE", help="Such as g5.xlarge; default: the stack's.")]
Spot = Annotated[bool, typer.Option("--spot", help="The quota of spot hosts.")]
Region = Annotated[str, typer.Option(metavar="NAME", help="Default: that of the stack, else of your AWS.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    group = typer.Typer(help="How many vCPUs your AWS account may run; ask for more.", no_args_is_help=True)
    group.command(epilog=examples("quota show", "quota show --type p5.48xlarge --spot"))(show)
    group.command(epilog=examples("quota request", "quota request --type g5.xlarge --spot 64"))(request)
    group.command(epilog=examples("quota history", "quota history --follow"))(history)
    app.add_typer(group, name="quota")


def show(
    instance_type: Type = "",
    spot: Spot = False,
    region: Region = "",
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Show the limit, what is in use and what is free. By family and market, in vCPUs."""
    quotas = quota_parts.quotas(stack, os.environ, region=region, instance_type=instance_type, spot=spot)
    found = quotas.show()
    result(found.text(), found.plain(), as_json)


def request(
    vcpus: Annotated[
        int | None,
        typer.Argument(metavar="[VCPUS]", min=1, max=MOST, help="The new limit; default: what is missing."),
    ] = None,
    instance_type: Type = "",
    spot: Spot = False,
    region: Region = "",
    stack: Stack = DEFAULT_STACK,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Ask AWS for a higher quota. AWS answers in minutes to days."""
    from gpuinfra.features.quota import requests

    quotas = quota_parts.quotas(stack, os.environ, region=region, instance_type=instance_type, spot=spot)
    made = quotas.request(vcpus, yes=yes)
    result("", requests.plain(made), as_json)


def history(
    follow: Annotated[bool, typer.Option("--follow", help="Until AWS has answered all of it.")] = False,
    region: Region = "",
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Show what was asked for, and what AWS says to it."""
    found = quota_parts.quotas(stack, os.environ, region=region).history(follow=follow)
    result(found.text(datetime.now().astimezone()), found.plain(), as_json)
