"""The commands that run things on the host, as in cli.py: `gpuinfra run`, `gpuinfra job ...`."""

from typing import Annotated

import typer

from gpuinfra.cli.options import Json, Stack, result
from gpuinfra.ground.names import DEFAULT_STACK

Words = Annotated[
    list[str],
    typer.Argument(
        metavar="CMD...",
        help="A program, script.py, script.sh, or one quoted line; options of ours come before.",
    ),
]
Env = Annotated[
    list[str] | None,
    typer.Option("--env", "-e", metavar="K[=V]", help="A variable for it; K alone takes your own value."),
]
Which = Annotated[str, typer.Argument(metavar="[JOB]", help="Its id or name; default: the newest.")]
Tty = Annotated[bool | None, typer.Option("--tty/--no-tty", help="Default: as this terminal is.")]
OURS_FIRST = {"allow_interspersed_args": False}  # what follows the command is its own


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command(context_settings=OURS_FIRST)(run)
    app.add_typer(_jobs(), name="job")
    app.add_typer(_gpu(), name="gpu")


def _jobs() -> typer.Typer:
    group = typer.Typer(help="Commands on the host that outlive your connection.", no_args_is_help=True)
    group.command(context_settings=OURS_FIRST)(start)
    group.command("list")(listed)
    for command in (logs, attach, stop, wait):
        group.command()(command)
    return group


def _gpu() -> typer.Typer:
    group = typer.Typer(help="The host's GPUs.", no_args_is_help=True)
    group.callback()(lambda: None)  # or typer would take its only command for the group
    group.command("test")(gpu_test)
    return group


def run(command: Words, env: Env = None, tty: Tty = None, stack: Stack = DEFAULT_STACK) -> None:
    """Run a command on the host as if it were here.

    In ~/project, in the conda environment; its exit code is ours, and Ctrl-C reaches it. If the connection
    breaks, or you leave with Ctrl-\\, it goes on as a job.
    """
    from gpuinfra.cli import commands_jobs

    commands_jobs.hide_values(command)
    raise typer.Exit(commands_jobs.run(stack, command, env=env or [], tty=tty))


def start(
    command: Words,
    name: Annotated[str, typer.Option("--name", "-n", help="To call it by.")] = "",
    env: Env = None,
    time_limit: Annotated[
        str, typer.Option(metavar="TIME", help="End it after that: 90s, 30m, 2h, 1d.")
    ] = "",
    then: Annotated[
        str, typer.Option(metavar="stop|terminate|none", help="What the host does when its jobs are done.")
    ] = "none",
    save: Annotated[
        str,
        typer.Option(
            metavar="LINE", help="Runs after it and brings the results out; must succeed before --then."
        ),
    ] = "",
    tty: Annotated[bool, typer.Option("--tty", help="Give it a terminal, to attach to.")] = False,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Start a command that goes on without you; print its id."""
    from gpuinfra.cli import commands_jobs

    commands_jobs.hide_values(command)
    job = commands_jobs.start(
        stack, command, name=name, env=env or [], time_limit=time_limit, then=then, save=save, tty=tty
    )
    result(job.id, job, as_json)


def listed(stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """List jobs, and runs that go on without you."""
    from gpuinfra.cli import commands_jobs

    found = commands_jobs.listed(stack)
    result(commands_jobs.listed_text(found), commands_jobs.plain(found), as_json)


def logs(
    job: Which = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until it ends.")] = False,
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Print what a job has printed."""
    from gpuinfra.cli import commands_jobs

    raise typer.Exit(commands_jobs.logs(stack, job, follow=follow))


def attach(job: Which = "", stack: Stack = DEFAULT_STACK) -> None:
    """Sit at a running job.

    You get its output; it gets your Ctrl-C, and your keys if it has a terminal. Ctrl-\\ leaves it running.
    """
    from gpuinfra.cli import commands_jobs

    raise typer.Exit(commands_jobs.attach(stack, job))


def stop(job: Which = "", stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """End a job: SIGTERM, 10 seconds later SIGKILL."""
    from gpuinfra.cli import commands_jobs

    ended = commands_jobs.stop(stack, job)
    result(commands_jobs.job_text(ended), ended, as_json)


def wait(job: Which = "", stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Wait for a job's end; its exit code is ours."""
    from gpuinfra.cli import commands_jobs

    ended = commands_jobs.wait(stack, job)
    result(commands_jobs.job_text(ended), ended, as_json)
    raise typer.Exit(commands_jobs.exit_code(ended))


def gpu_test(stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Check CUDA and its devices, and measure each.

    Matrix products (TFLOP/s) and copies to and from the GPU (GB/s).
    """
    from gpuinfra.cli import commands_live

    found = commands_live.gpu_test(stack)
    result(commands_live.gpu_text(found), found, as_json)
    commands_live.refuse(found)
