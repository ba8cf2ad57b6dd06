"""The commands that run things on the host: `gpuinfra run`, `gpuinfra job ...`."""

import os
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from gpuinfra import factory
from gpuinfra.cli import complete, hidden_env
from gpuinfra.cli.groups import examples
from gpuinfra.cli.options import OURS_FIRST, Json, NoSync, Stack, result
from gpuinfra.factory import host_parts, spot_parts
from gpuinfra.ground.names import DEFAULT_STACK
from gpuinfra.ground.when import HERE

if TYPE_CHECKING:
    from gpuinfra.features.jobs.jobs import Before
    from gpuinfra.features.jobs.options import JobSpec
    from gpuinfra.ground.world import World

Words = Annotated[
    list[str],
    typer.Argument(
        metavar="CMD...",
        help="A program, script.py, script.sh, or one quoted line; options of ours come before.",
    ),
]
Env = Annotated[
    list[str] | None,
    typer.Option(
        "--env",
        "-e",
        metavar="K[=V]",
        help="A variable for it; K alone takes your own value.",
        autocompletion=complete.variables,
    ),
]
Which = Annotated[
    str,
    typer.Argument(
        metavar="[JOB]", help="Its id or name; default: the newest.", autocompletion=complete.jobs
    ),
]
Tty = Annotated[bool | None, typer.Option("--tty/--no-tty", help="Default: as this terminal is.")]
Restart = Annotated[
    bool, typer.Option("--restart", help="If EC2 takes the spot host back, begin it again on the next one.")
]

STARTED = examples(
    "job start --name train -- python train.py",
    "job start --then stop --save 'aws s3 sync out s3://b/out' -- python train.py",
)


def add_to(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command(
        context_settings=OURS_FIRST,
        epilog=examples(
            "run -- python train.py", "run 'cd src && make test'", "run -e MY_TOKEN -- ./train.sh"
        ),
    )(run)
    app.add_typer(_jobs(), name="job")


def _jobs() -> typer.Typer:
    group = typer.Typer(help="Commands on the host that outlive your connection.", no_args_is_help=True)
    group.command(context_settings=OURS_FIRST, epilog=STARTED)(start)
    group.command("list")(listed)
    for command in (logs, attach, stop, wait):
        group.command()(command)
    return group


def run(
    command: Words,
    env: Env = None,
    tty: Tty = None,
    no_sync: NoSync = False,
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Run a command on the host as if it were here.

    In the project's folder, which goes there first, as by `gpuinfra sync up`, and in the conda environment.
    Its exit code is ours, and Ctrl-C reaches it. If the connection breaks, or you leave with Ctrl-\\, it
    goes on as a job.
    """
    from gpuinfra.features.jobs import jobs, options

    hidden_env.hide_values(command)
    with_tty = options.at_terminal() if tty is None else tty
    spec = options.job_spec(command, hidden_env.environ(), env=env or [], tty=with_tty)
    raise typer.Exit(jobs.run(*_begin(stack, no_sync, spec)))


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
            metavar="LINE",
            help="Command that copies the results off the host; if it fails, the host stays on.",
        ),
    ] = "",
    restart: Restart = False,
    tty: Annotated[bool, typer.Option("--tty", help="Give it a terminal, to attach to.")] = False,
    no_sync: NoSync = False,
    stack: Stack = DEFAULT_STACK,
    as_json: Json = False,
) -> None:
    """Start a command that goes on without you; print its id.

    The project goes to the host first, as by `gpuinfra sync up`.
    """
    from gpuinfra.features.jobs import options

    hidden_env.hide_values(command)
    spec = options.job_spec(
        command,
        hidden_env.environ(),
        env=env or [],
        tty=tty,
        name=name,
        time_limit=time_limit,
        then=then,
        save=save,
        restart=restart,
    )
    job = spot_parts.start_job(*_begin(stack, no_sync, spec))
    result(job.id, job, as_json)


def _begin(stack: str, no_sync: bool, spec: "JobSpec") -> "tuple[World, JobSpec, Before]":
    """Return what begins a command: the world, the command, and what is done before."""
    world = factory.world(stack, os.environ)
    return world, spec, host_parts.sync_first(world, os.environ, no_sync=no_sync)


def listed(stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """List jobs, and runs that go on without you."""
    from gpuinfra.features.jobs import job

    on_host = spot_parts.listed_jobs(factory.world(stack, os.environ))
    result(job.jobs_table(on_host, datetime.now(HERE)), [vars(each) for each in on_host], as_json)


def logs(
    job: Which = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until it ends.")] = False,
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Print what a job has printed."""
    from gpuinfra.features.jobs import log
    from gpuinfra.tools.terminal import output

    raise typer.Exit(log.logs(factory.world(stack, os.environ), job, follow=follow, write=output.copy))


def attach(job: Which = "", stack: Stack = DEFAULT_STACK) -> None:
    """Attach to a running job.

    You get its output; it gets your Ctrl-C, and your keys if it has a terminal. Ctrl-\\ leaves it running.
    """
    from gpuinfra.features.jobs import jobs, options

    raise typer.Exit(jobs.attach(factory.world(stack, os.environ), job, tty=options.at_terminal()))


def stop(job: Which = "", stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """End a job: SIGTERM, 10 seconds later SIGKILL."""
    from gpuinfra.features.jobs import jobs

    ended = jobs.stop(factory.world(stack, os.environ), job)
    result(ended.text(), ended, as_json)


def wait(job: Which = "", stack: Stack = DEFAULT_STACK, as_json: Json = False) -> None:
    """Wait for a job's end; its exit code is ours."""
    from gpuinfra.features.jobs import jobs

    ended = jobs.wait(factory.world(stack, os.environ), job)
    result(ended.text(), ended, as_json)
    raise typer.Exit(ended.code_to_pass_on)
