"""The whole command line: its groups of commands, `version`, and what an error becomes."""

import sys
from typing import Annotated

import typer

from gpuinfra.cli import (
    containers,
    demo,
    doctor,
    environment,
    events,
    gpu,
    guard,
    host,
    jobs,
    leaks,
    lease,
    lifecycle,
    money,
    policy,
    project,
    provision,
    quota,
    spot,
    sync,
    usage,
    web,
)
from gpuinfra.cli.groups import GroupedCommands, examples
from gpuinfra.cli.options import ChosenStack, Json, result
from gpuinfra.ground import streams
from gpuinfra.ground.errors import EXIT_BUG, EXIT_INTERRUPTED, GpuInfraError
from gpuinfra.ground.names import of_stack
from gpuinfra.version import VERSION

app = typer.Typer(
    cls=GroupedCommands,
    help="GPU hosts on AWS by plain Terraform: one command up, one command down.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=examples(
        "up", "run -- python train.py", "job start --then stop -- python train.py", "sync down out", "down"
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def common(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show external commands, and Terraform's own plan.")
    ] = False,
) -> None:
    """GPU hosts on AWS by plain Terraform: one command up, one command down."""
    if verbose:
        import logging

        logging.basicConfig(format="+ %(message)s", stream=sys.stderr)
        logging.getLogger("gpuinfra.commands").setLevel(logging.INFO)


provision.add_to(app)


@app.command()
def version(as_json: Json = False) -> None:
    """Print the version."""
    result(VERSION, {"version": VERSION}, as_json)


for group in (
    project, doctor, lifecycle, guard, lease, money, leaks, quota, host, environment, jobs, gpu, usage,
    containers, sync, web, events, demo, spot, policy,
):  # fmt: skip
    group.add_to(app)
host.add_proxy_to(app)
provision.add_terraforms_names_to(app)


def main() -> None:
    """Run a command and turn what went wrong into words and an exit code."""
    try:
        app()
    except GpuInfraError as error:
        from gpuinfra.tools.terminal import output

        # Terraform's own checks name commands, too, and know no stack
        message = of_stack(error.message, ChosenStack.name) if error.exit_code == 3 else error.message
        output.complain(error.retell(message, hint=of_stack(error.hint, ChosenStack.name)))
        sys.exit(error.exit_code)
    except SystemExit as ended:
        if ended.code == EXIT_INTERRUPTED:  # what typer makes of KeyboardInterrupt
            sys.stderr.write("\nstopped by Ctrl-C\n")
        raise
    except (streams.ReaderGone, streams.Unwritable):  # no bug: __main__ has the words
        raise
    except Exception:
        import traceback

        traceback.print_exc()
        sys.stderr.write(f"error: this is a bug in gpuinfra {VERSION}; please report the lines above\n")
        sys.exit(EXIT_BUG)
