"""The command line, with cli_*.py the only importer of typer: each command calls one function and prints."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from gpuinfra.cli import containers, environment, jobs, ssm, sync, web
from gpuinfra.cli import host as cli_host
from gpuinfra.cli.options import Json, Stack, Yes, result
from gpuinfra.ground.errors import EXIT_BUG, EXIT_INTERRUPTED, GpuInfraError
from gpuinfra.ground.names import DEFAULT_STACK
from gpuinfra.version import VERSION

app = typer.Typer(
    help="GPU hosts on AWS by plain Terraform: one command up, one command down.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Cidr = Annotated[str, typer.Option(metavar="CIDR", help="The address to let in; default: your own.")]


@app.callback()
def common(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every external command.")] = False,
) -> None:
    """GPU hosts on AWS by plain Terraform: one command up, one command down."""
    if verbose:
        import logging

        logging.basicConfig(format="+ %(message)s", stream=sys.stderr)
        logging.getLogger("gpuinfra.commands").setLevel(logging.INFO)


@app.command()
def init(
    stack: Stack = DEFAULT_STACK,
    region: Annotated[str, typer.Option(help="AWS region; default: your AWS configuration's.")] = "",
    owner: Annotated[str, typer.Option(help="Who pays; default: your login name.")] = "",
    cidr: Cidr = "",
    public_key: Annotated[Path | None, typer.Option(help="Default: a key of gpuinfra's own.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    as_json: Json = False,
) -> None:
    """Write terraform.tfvars with your own address and key."""
    from gpuinfra.cli import commands

    path = commands.init(stack, region=region, owner=owner, cidr=cidr, public_key=public_key, force=force)
    result(str(path), {"path": str(path)}, as_json)


@app.command()
def plan(stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Show what an apply would do; nothing is changed."""
    from gpuinfra.cli import commands

    found = commands.plan(stack)
    result("", found, as_json)


@app.command()
def apply(
    stack: Stack = DEFAULT_STACK,
    yes: Yes = False,
    upgrade_image: Annotated[
        bool, typer.Option("--upgrade-image", help="Replace the host by one on the newest image.")
    ] = False,
    wait: Annotated[
        bool, typer.Option(envvar="GPUINFRA_WAIT", help="Follow the host until its environment is proven.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Make or change the host and print its public IP."""
    from gpuinfra.cli import commands

    host = commands.apply(stack, yes=yes, upgrade_image=upgrade_image, wait=wait)
    result(host.address, host, as_json)


@app.command()
def ip(stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Print the host's public IP, from Terraform's record."""
    from gpuinfra.cli import commands

    address = commands.ip(stack)
    result(address, {"public_ip": address}, as_json)


@app.command()
def status(
    stack: Stack = DEFAULT_STACK,
    watch: Annotated[bool, typer.Option("--watch", help="Follow its boot until it is ready.")] = False,
    live: Annotated[
        bool, typer.Option("--live", help="What it does now; shown anyway while connected.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what was recorded and what is there now. GPUs, jobs and disk over an open connection."""
    from gpuinfra.cli import commands, commands_live

    found = commands.watched_status(stack) if watch else commands.status(stack)
    shown = commands_live.with_live(stack, found, asked=live)
    result(commands_live.live_text(commands.status_text(found), shown), shown, as_json)


@app.command()
def destroy(stack: Stack = DEFAULT_STACK, yes: Yes = False, as_json: Json = False) -> None:
    """Remove everything that costs money. Asks AWS whether it is gone."""
    from gpuinfra.cli import commands

    outcome = commands.destroy(stack, yes=yes)
    result("", {"destroyed": outcome.destroyed}, as_json)


@app.command()
def allow(
    stack: Stack = DEFAULT_STACK,
    cidr: Cidr = "",
    add: Annotated[bool, typer.Option("--add", help="Keep the addresses let in so far.")] = False,
    as_json: Json = False,
) -> None:
    """Let your present address in, after it has changed."""
    from gpuinfra.cli import commands

    cidrs = commands.allow(stack, cidr=cidr, add=add)
    result("\n".join(cidrs), {"allowed_cidrs": list(cidrs)}, as_json)


@app.command()
def output(
    name: Annotated[str, typer.Argument(help="One output; default: all.")] = "",
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Print Terraform's outputs, from its record."""
    from gpuinfra.cli import commands

    values = commands.output(stack, name)
    result(commands.output_text(values, name), values[name] if name else values, as_json)


@app.command()
def version(as_json: Json = False) -> None:
    """Print the version."""
    result(VERSION, {"version": VERSION}, as_json)


cli_host.add_to(app)
environment.add_to(app)
jobs.add_to(app)
containers.add_to(app)
sync.add_to(app)
web.add_to(app)
ssm.add_to(app)
app.command("up", help="The same as apply.", hidden=False)(apply)
app.command("down", help="The same as destroy.", hidden=False)(destroy)


def main() -> None:
    """Run a command and turn what went wrong into words and an exit code."""
    try:
        app()
    except GpuInfraError as error:
        from gpuinfra.tools.terminal import terminal

        terminal.complain(error)
        sys.exit(error.exit_code)
    except SystemExit as ended:
        if ended.code == EXIT_INTERRUPTED:  # what typer makes of KeyboardInterrupt
            sys.stderr.write("\nstopped by Ctrl-C\n")
        raise
    except Exception:
        import traceback

        traceback.print_exc()
        sys.stderr.write(f"error: this is a bug in gpuinfra {VERSION}; please report the lines above\n")
        sys.exit(EXIT_BUG)
