"""The Python API, for notebooks and programs; docs/python.md. Over 200 lines: one class, a method a command.

from gpuinfra import GpuHost
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from gpuinfra import factory
from gpuinfra.factory import host_parts, initial, money_parts, spot_parts
from gpuinfra.factory.hints import about_its_stack
from gpuinfra.factory.start import elsewhere
from gpuinfra.features.connect.connect import connect
from gpuinfra.features.events.event import HostEvent
from gpuinfra.features.events.events import history
from gpuinfra.features.gpu import metrics
from gpuinfra.features.gpu.metrics import Metrics
from gpuinfra.features.guard import guard
from gpuinfra.features.guard.guard import GuardStatus
from gpuinfra.features.jobs import job as job_values
from gpuinfra.features.jobs import jobs
from gpuinfra.features.jobs.completed import CommandFailed, CompletedRun, completed, printed
from gpuinfra.features.jobs.job import Job
from gpuinfra.features.jobs.options import JobSpec
from gpuinfra.features.leaks import find
from gpuinfra.features.leaks.leak import Leaks
from gpuinfra.features.lifecycle import lease, power, resize, start_elsewhere, start_later
from gpuinfra.features.lifecycle.start_later import StartedOrWaiting
from gpuinfra.features.money import cost
from gpuinfra.features.money.cost import HostCost
from gpuinfra.features.money.lease_text import LeaseSummary
from gpuinfra.features.money.receipt import Receipt
from gpuinfra.features.money.table import PriceTable, TypeFilter
from gpuinfra.features.provision import down, init, plan, status, up
from gpuinfra.features.provision.plan import TerraformPlan
from gpuinfra.features.provision.status import Status
from gpuinfra.features.spot import drill
from gpuinfra.features.spot.drill import DrillResult
from gpuinfra.features.sync import sync
from gpuinfra.features.sync.result import SyncResult
from gpuinfra.features.usage import top
from gpuinfra.features.usage import usage as used
from gpuinfra.features.usage.top_text import HostUse
from gpuinfra.features.usage.usage import Usage
from gpuinfra.features.web import jupyter
from gpuinfra.features.web.jupyter import LocalJupyter
from gpuinfra.ground.model import Host, Instance
from gpuinfra.ground.names import DEFAULT_STACK
from gpuinfra.ground.when import HERE
from gpuinfra.ground.world import World
from gpuinfra.tools.terminal.callbacks import Callbacks

Command = str | Sequence[str]


def _to_stdout(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _line_to_stdout(text: str) -> None:
    _to_stdout(f"{text}\n")


@about_its_stack
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
        self._world: Callable[[], World] = partial(
            factory.world, stack, os.environ, here=here, reporter=reporter
        )
        self._new = partial(factory.world_for_init, stack, os.environ, here=here, reporter=reporter)
        self._all = partial(factory.worlds, os.environ, here=here, reporter=reporter)
        self._type_prices = partial(
            money_parts.type_prices, stack=stack, environ=os.environ, here=here, reporter=reporter
        )
        self._say = reporter.say

    def init(
        self,
        *,
        instance_type: str = "",
        region: str = "",
        owner: str = "",
        cidr: str = "",
        max_usd: float | None = None,
        begin_with: str = "",
        force: bool = False,
    ) -> Path:
        """Write terraform.tfvars, over an existing one by `force`; what is not said is found out.

        max_usd: AWS stops the host when it has cost so much; None: no limit. begin_with: another stack, or a
        file, whose values come first.
        """
        world = self._new()
        values = initial.init_values(
            os.environ, instance_type=instance_type, region=region, owner=owner, cidr=cidr,
            max_usd="" if max_usd is None else str(max_usd), profile=initial.profile(world, begin_with),
        )  # fmt: skip
        return init.init(world, values, force=force)

    def plan(self) -> TerraformPlan:
        """Return what `up` would change; nothing is changed."""
        return plan.plan(self._world(), initial.init_values(os.environ))

    def up(
        self,
        *,
        yes: bool = False,
        replace: bool = False,
        wait: bool = True,
        capacity_wait_s: float = 0.0,
        until_ready: bool = False,
    ) -> Host:
        """Make, change or start the host; return it once its environment is proven (`wait`).

        yes: to all that loses nothing; with `replace` also to the loss of a host and its disk.
        capacity_wait_s: for how long AWS is asked again where it has no host to give. until_ready: a host
        that is replaced is kept until the new one is proven.
        """
        world = self._world()
        consent = up.Consent(yes=yes, replace=replace, running=host_parts.running(world))
        values, living = initial.init_values(os.environ), host_parts.living_host(world, yes=yes)
        make = partial(up.up, world, values, consent, wait=wait, living=living, keep_old=until_ready)
        make = partial(make, capacity_wait_s=capacity_wait_s)
        return spot_parts.with_restarts(world, os.environ, make, is_ready=wait)

    def status(self) -> Status:
        """Return what was recorded, and what is there now."""
        return status.status(self._world())

    def metrics(self) -> Metrics:
        """Return what the host does now: GPUs, jobs, memory in MiB, disk in GB."""
        world = self._world()
        return metrics.metrics(world, connect(world))

    def top(self) -> HostUse:
        """Return one sample of the host: GPUs, CPU, memory, disk, network, and the jobs that run."""
        return top.use(self._world())

    def usage(self, *, job: Job | str = "", since: str = "", svg: Path | None = None) -> Usage:
        """Return how the host was used: averages, peaks, samples, and what follows from them (`hints`).

        job: while it ran; since: the last 90m, 2h, 7d (default: 24h). svg: a file to draw it into, too.
        """
        world = self._world()
        return used.usage(world, money_parts.money_so_far(world).usd_h, job=_id(job), since=since, svg=svg)

    def events(self, since: str = "") -> list[HostEvent]:
        """Return what happened to the host, when, by whom and why, the oldest first; also after it is gone.

        since: a time ago (30m, 2h, 3d), or one such as 2026-11-29T20:15.
        """
        return list(history(self._world(), since=since, now=datetime.now(HERE)).events)

    def prices(self, *types: str, gpu: str = "", min_gpu_memory_gb: int = 0, region: str = "") -> PriceTable:
        """Return GPU types with their prices, the cheapest GPU first; all, or these, or with such a GPU.

        region: that of the host, else of your AWS, if it is not said. Needs no project and no host.
        """
        wanted = TypeFilter(names=types, gpu=gpu, min_gpu_memory_gb=min_gpu_memory_gb)
        table = self._type_prices(region).table(wanted)
        for line in table.notes():
            self._say(line)
        return table

    def cost(self) -> HostCost:
        """Return what the host has cost so far, and what it costs from now on (USD; None: unknown)."""
        world = self._world()
        return cost.cost(world, boots=host_parts.boots(world))

    def lease(self) -> LeaseSummary:
        """Return what is spent of the lease, and when AWS stops the host."""
        return lease.lease(self._world())

    def extend_lease(self, *, usd: float = 0.0, hours: float = 0.0, yes: bool = False) -> LeaseSummary:
        """Let the host cost so many USD more, or run so many hours more, as the lease is one of either."""
        return lease.extend(self._world(), usd=usd, hours=hours, apply=host_parts.applies(yes=yes))

    def guard_status(self) -> GuardStatus:
        """Return what holds the host, when it stops, and what the guard on it has decided."""
        return guard.status(self._world())

    def guard_extend(self, time: str) -> GuardStatus:
        """Keep the host on for that long (30m, 2h, 1d), used or not."""
        return guard.extend(self._world(), time)

    def guard_off(self, time: str = "") -> GuardStatus:
        """Switch the guard off for that long (30m, 2h, 1d), or until `guard_on`."""
        return guard.off(self._world(), time)

    def guard_on(self) -> GuardStatus:
        """Switch the guard on again, and start it where it does not run."""
        return guard.on(self._world())

    def sync(
        self, path: Path | None = None, *, mode: str = "both", keep: str = "", delete: bool = False
    ) -> SyncResult:
        """Bring the project, or a `path` of it, here and there to the same state; mode: both, up or down.

        keep: whose version wins where both changed (here, host); delete: what only the other side has goes.
        Raises HostError for what was not done though it should have been; both versions are kept then.
        """
        world = self._world()
        request = sync.request(path, mode, here=world.here, keep=keep, delete=delete)
        synced = sync.sync(world, host_parts.rsync(world, os.environ), request)
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
        before = host_parts.sync_first(world, os.environ, no_sync=not sync)
        done = completed(world, jobs.begin(world, _spec(command, env), before), on_output)
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
        restart: bool = False,
    ) -> Job:
        """Start a command that goes on without this machine.

        then: what the host does when its jobs are done: stop, terminate or none. save: a line for the shell
        that copies the results off the host before. restart: where EC2 takes a spot host back, it begins
        again on the host that the next `up` makes.
        """
        world, limits = self._world(), {"time_limit_s": time_limit_s, "then": then, "save": save}
        spec = _spec(command, env, name=name, restart=restart, **limits)
        return spot_parts.start_job(world, spec, host_parts.sync_first(world, os.environ, no_sync=not sync))

    def jobs(self) -> list[Job]:
        """Return the jobs on the host, the newest first; after it is gone what is known of them."""
        return list(spot_parts.listed_jobs(self._world()))

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
        before = host_parts.sync_first(world, os.environ, no_sync=not sync)
        with jupyter.opened(
            world, host_parts.tunnel(world, handles_signals=False), port=port, before=before
        ) as lab:
            yield lab

    def stop(self, *, yes: bool = False) -> Instance:
        """Stop the host; its disk is kept, and costs money."""
        world = self._world()
        return power.stop(world, yes=yes, running=host_parts.running(world, connecting=True))

    def start(self, *, yes: bool = False, wait: bool = True) -> Host:
        """Start a stopped host; return it with its new address.

        yes: where AWS has no room for it, as another type or in another zone; its files come along.
        """
        return start_elsewhere.start(self._world(), elsewhere(moves=True, yes=yes), wait=wait)

    def start_when_available(self, until: str) -> StartedOrWaiting:
        """Start a stopped host, or let AWS try on until then (90m, 12h, 2d or 18:00), this machine off."""
        now, own = datetime.now(HERE), elsewhere()
        return start_later.start(self._world(), until=until, when_available=True, now=now, elsewhere=own)

    def drill(self, *, notice_s: float = 120.0) -> DrillResult:
        """Rehearse a spot interruption: on_stop and each job's save are run and timed, nothing ends."""
        return drill.drill(self._world(), notice_s=notice_s)

    def resize(self, instance_type: str, *, yes: bool = False, wait: bool = True) -> Host:
        """Give the host another instance type, its disk kept."""
        world = self._world()
        running = host_parts.running(world, connecting=True)
        return power.followed(world, resize.resize(world, instance_type, yes=yes, running=running), wait=wait)

    def down(self, *, yes: bool = False, force: bool = False) -> Receipt | None:
        """Remove everything that costs money; asks AWS whether it is gone, and returns what it has cost.

        force: also a host that is protected against termination. None: there was no host. Raises
        HostError if something is left.
        """
        world = self._world()
        return down.destroy(world, yes=yes, force=force, running=host_parts.running(world)).receipt

    def leaks(self, regions: Sequence[str] = ()) -> Leaks:
        """Return what costs money and no stack of the project records, in all regions or these.

        Nothing is deleted; `gpuinfra leaks --delete` asks for each thing.
        """
        return find.find(self._world(), self._all(), money_parts.tag_search(), only=regions)


def _spec(command: Command, env: Mapping[str, str] | None, **more: Any) -> JobSpec:
    words = (command,) if isinstance(command, str) else tuple(command)
    variables = job_values.variables([f"{name}={value}" for name, value in (env or {}).items()], {})
    return JobSpec(words=words, env=variables, **more)


def _id(job: Job | str) -> str:
    return job if isinstance(job, str) else job.id
