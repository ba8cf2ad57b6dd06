"""The Python API, for notebooks and programs; docs/python.md. Over 200 lines: one class, a method a command.

from gpuinfra import GpuHost
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from gpuinfra import factory
from gpuinfra.features.connect.connect import connect
from gpuinfra.features.gpu import metrics
from gpuinfra.features.gpu.metrics import Metrics
from gpuinfra.features.jobs import job as job_values
from gpuinfra.features.jobs import jobs
from gpuinfra.features.jobs.completed import CommandFailed, CompletedRun, completed, printed
from gpuinfra.features.jobs.job import Job
from gpuinfra.features.jobs.options import JobSpec
from gpuinfra.features.lifecycle import power, resize
from gpuinfra.features.provision import down, init, plan, status, up
from gpuinfra.features.provision.plan import TerraformPlan
from gpuinfra.features.provision.status import Status
from gpuinfra.features.sync import sync
from gpuinfra.features.sync.result import SyncResult
from gpuinfra.features.web import jupyter
from gpuinfra.features.web.jupyter import LocalJupyter
from gpuinfra.ground.model import Host, Instance
from gpuinfra.ground.names import DEFAULT_STACK
from gpuinfra.ground.world import World
from gpuinfra.tools.terminal.callbacks import Callbacks

Command = str | Sequence[str]


def _to_stdout(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _line_to_stdout(text: str) -> None:
    _to_stdout(f"{text}\n")


class GpuHost:
    """The host of one stack, of the project around `directory` (the current one if it is not said).

    on_line: gets each line of progress. answer: gets each question; without it a call that needs consent
    raises ConfigError unless it says so (`yes=True`). All methods raise GpuInfraError, with the next step as
    its `hint`: ConfigError (nothing was contacted), TerraformError, CloudError, HostError, Interrupted.
    """

    def __init__(
        self,
        stack: str = DEFAULT_STACK,
        *,
        directory: Path | None = None,
        on_line: Callable[[str], None] = _line_to_stdout,
        answer: Callable[[str], bool] | None = None,
    ) -> None:
        self.stack = stack
        here, reporter = directory and directory.absolute(), Callbacks(on_line, answer)
        self._world = partial(factory.world, stack, os.environ, here=here, reporter=reporter)
        self._new = partial(factory.world_for_init, stack, os.environ, here=here, reporter=reporter)

    def init(
        self,
        *,
        instance_type: str = "",
        region: str = "",
        owner: str = "",
        cidr: str = "",
        begin_with: str = "",
        force: bool = False,
    ) -> Path:
        """Write terraform.tfvars, over an existing one by `force`; what is not said is found out.

        begin_with: another stack, or a file, whose values come first.
        """
        world = self._new()
        values = factory.init_values(
            os.environ, instance_type=instance_type, region=region, owner=owner, cidr=cidr,
            profile=factory.profile(world, begin_with),
        )  # fmt: skip
        return init.init(world, values, force=force)

    def plan(self) -> TerraformPlan:
        """Return what `up` would change; nothing is changed."""
        return plan.plan(self._world(), factory.init_values(os.environ))

    def up(self, *, yes: bool = False, replace: bool = False, wait: bool = True) -> Host:
        """Make, change or start the host; return it once its environment is proven (`wait`).

        yes: to all that loses nothing; with `replace` also to the loss of a host and its disk.
        """
        world = self._world()
        consent = up.Consent(yes=yes, replace=replace, running=factory.running(world))
        values, living = factory.init_values(os.environ), factory.living_host(world, yes=yes)
        return up.up(world, values, consent, wait=wait, living=living)

    def status(self) -> Status:
        """Return what was recorded, and what is there now."""
        return status.status(self._world())

    def metrics(self) -> Metrics:
        """Return what the host does now: GPUs, jobs, memory in MiB, disk in GB."""
        world = self._world()
        return metrics.metrics(world, connect(world))

    def sync(
        self, path: Path | None = None, *, mode: str = "both", keep: str = "", delete: bool = False
    ) -> SyncResult:
        """Bring the project, or a `path` of it, here and there to the same state; mode: both, up or down.

        keep: whose version wins where both changed (here, host); delete: what only the other side has goes.
        Raises HostError for what was not done though it should have been; both versions are kept then.
        """
        world = self._world()
        request = sync.request(path, mode, here=world.here, keep=keep, delete=delete)
        synced = sync.sync(world, factory.rsync(world, os.environ), request)
        synced.check()
        return synced

    def run(
        self,
        command: Command,
        *,
        env: Mapping[str, str] | None = None,
        sync: bool = True,
        check: bool = True,
        on_output: Callable[[str], None] = _to_stdout,
    ) -> CompletedRun:
        """Run a command in the project's folder and environment, and return it when it has ended.

        command: words, or one line for the shell. sync: send what changed here first. check: raise
        CommandFailed for another exit code than 0. on_output: gets what it prints, as it comes. Ctrl-C (in a
        notebook: interrupt) ends it, a lost connection does not.
        """
        world = self._world()
        done = completed(world, self._begin(world, command, sync=sync, env=env), on_output)
        if check and done.code:
            raise CommandFailed(done)
        return done

    def start_job(
        self,
        command: Command,
        *,
        name: str = "",
        env: Mapping[str, str] | None = None,
        sync: bool = True,
        time_limit_s: float | None = None,
        then: str = "none",
        save: str = "",
    ) -> Job:
        """Start a command that goes on without this machine.

        then: what the host does when its jobs are done: stop, terminate or none. save: a line for the shell
        that copies the results off the host before.
        """
        more: dict[str, Any] = {"name": name, "time_limit_s": time_limit_s, "then": then, "save": save}
        return self._begin(self._world(), command, sync=sync, env=env, **more)

    def jobs(self) -> list[Job]:
        """Return the jobs on the host, the newest first."""
        return jobs.listed(self._world())

    def wait(self, job: Job | str) -> Job:
        """Wait for a job's end, through lost connections and restarts; return it as it ended."""
        return jobs.wait(self._world(), _id(job))

    def stop_job(self, job: Job | str) -> Job:
        """End a job: SIGTERM, 10 seconds later SIGKILL."""
        return jobs.stop(self._world(), _id(job))

    def log(self, job: Job | str) -> str:
        """Return what a job has printed so far."""
        return printed(self._world(), _id(job))

    @contextmanager
    def jupyter(self, *, port: int = 0, sync: bool = True) -> Iterator[LocalJupyter]:
        """Carry the host's JupyterLab to this machine while the block runs; there it goes on afterwards."""
        world = self._world()
        before = factory.sync_first(world, os.environ, no_sync=not sync)
        with jupyter.opened(
            world, factory.tunnel(world, handles_signals=False), port=port, before=before
        ) as lab:
            yield lab

    def stop(self, *, yes: bool = False) -> Instance:
        """Stop the host; its disk is kept, and costs money."""
        world = self._world()
        return power.stop(world, yes=yes, running=factory.running(world, connecting=True))

    def start(self, *, wait: bool = True) -> Host:
        """Start a stopped host; return it with its new address."""
        world = self._world()
        return power.followed(world, power.start(world), wait=wait)

    def resize(self, instance_type: str, *, yes: bool = False, wait: bool = True) -> Host:
        """Give the host another instance type, its disk kept."""
        world = self._world()
        running = factory.running(world, connecting=True)
        return power.followed(world, resize.resize(world, instance_type, yes=yes, running=running), wait=wait)

    def down(self, *, yes: bool = False, force: bool = False) -> None:
        """Remove everything that costs money; asks AWS whether it is gone.

        force: also a host that is protected against termination.
        """
        world = self._world()
        down.destroy(world, yes=yes, force=force, running=factory.running(world))

    def _begin(
        self, world: World, command: Command, *, sync: bool, env: Mapping[str, str] | None, **more: Any
    ) -> Job:
        words = (command,) if isinstance(command, str) else tuple(command)
        variables = job_values.variables([f"{name}={value}" for name, value in (env or {}).items()], {})
        spec = JobSpec(words=words, env=variables, **more)
        return jobs.begin(world, spec, factory.sync_first(world, os.environ, no_sync=not sync))


def _id(job: Job | str) -> str:
    return job if isinstance(job, str) else job.id
