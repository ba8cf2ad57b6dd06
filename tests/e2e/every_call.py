"""One moment of a command after another: a call arrives, or has been carried out, and the command is killed,
or hears Ctrl-C; then all is as it was before, for the next moment.
"""

import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.simulator.api.call_log import Call
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli
from tests.processes import kill
from tests.waiting import PATIENCE_S, wait_until

KILL, CTRL_C = signal.SIGKILL, signal.SIGINT
READS = ("Describe", "List", "Get")
GONE = ("shutting-down", "terminated")
# Of the provider, when Terraform begins; we make none.
BEGIN_OF_TERRAFORM = "GetCallerIdentity"
REPLACED = "! the half-made host of an earlier run is replaced"
# Terraform gives some calls up at Ctrl-C; others it finishes: after so long they are answered.
LATE_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The nth call of an action ("*": of all); `after`: when AWS has carried it out, else it never does."""

    action: str
    nth: int
    signum: signal.Signals
    after: bool = False

    def __str__(self) -> str:
        return f"{self.signum.name} when {self.action} {self.nth} {'is done' if self.after else 'arrives'}"

    @property
    def fault(self) -> Fault:
        """Hold the call until the faults are cleared; then it is answered, or the connection is reset."""
        return Fault(
            match=self.action, nth=self.nth, delay_s=PATIENCE_S, after=self.after, drop=not self.after
        )


def changes(call: Call) -> bool:
    """Tell whether a call changes something."""
    return not call.action.startswith(READS)


def ours(calls: Sequence[Call]) -> list[Call]:
    """Return the calls before Terraform begins: they come in this very order each time."""
    return list(calls)[: [call.action for call in calls].index(BEGIN_OF_TERRAFORM)]


def places(calls: Sequence[Call], *, wide: bool) -> Iterator[Moment]:
    """Return the moments of each call, by its place in the log; not wide: one of each, by turns."""
    for place, call in enumerate(calls, start=1):
        every = [(signum, after) for signum in (KILL, CTRL_C) for after in (False, True)[: 1 + changes(call)]]
        turn = (CTRL_C, False) if place % 2 else (KILL, changes(call))
        for signum, after in every if wide else [turn]:
            yield Moment(action="*", nth=place, signum=signum, after=after)


def of_changes(calls: Sequence[Call]) -> Iterator[Moment]:
    """Return two moments of each call that changes something: killed when it is done, and Ctrl-C before.

    By action and number: Terraform makes several at a time, in another order each time.
    """
    seen: Counter[str] = Counter()
    for call in filter(changes, calls):
        seen[call.action] += 1
        for signum, after in ((KILL, True), (CTRL_C, False)):
            yield Moment(action=call.action, nth=seen[call.action], signum=signum, after=after)


def of_reads(calls: Sequence[Call]) -> Iterator[Moment]:
    """Return one moment of each kind of read, by turns."""
    kinds = dict.fromkeys(call.action for call in calls if not changes(call))
    for index, action in enumerate(kinds):
        yield Moment(action=action, nth=1, signum=(KILL, CTRL_C)[index % 2])


class Stage:
    """A project and an account that are brought back to how they were."""

    def __init__(self, cli: Cli, sim: Simulator) -> None:
        """Keep all as it is now."""
        self.cli, self.sim = cli, sim
        self._folders = [cli.project, Path(cli.env["XDG_STATE_HOME"])]
        self._kept = cli.project.parent / "kept"
        sim.keep()
        for folder in self._folders:
            _mirror(folder, self._kept / folder.name)

    def back(self) -> None:
        """Let all be as it was; what has been called is forgotten."""
        self.sim.reset()
        self.sim.back()
        for folder in self._folders:
            _mirror(self._kept / folder.name, folder)

    def undisturbed(self, *command: str) -> list[Call]:
        """Run a command to its end; return its calls."""
        self.back()
        self.cli.ok(*command)
        return self.sim.calls()

    def walk(
        self, moments: Iterable[Moment], command: Sequence[str], converges: Callable[[int], str]
    ) -> None:
        """Interrupt the command at each moment; then it has to converge, and never are there two hosts.

        One exception: Terraform makes the new one first where it replaces a host that it knows as half made.
        converges: returns what the user was told.
        """
        failed = []
        for number, moment in enumerate(moments):
            try:
                self._interrupt(moment, command)
                told = converges(number)
                assert self._most_at_once() <= 1 + (REPLACED in told), "there were two hosts"
            except AssertionError as error:
                failed.append(f"{moment}: {error}")
        assert not failed, "\n\n".join(failed)

    def _interrupt(self, moment: Moment, command: Sequence[str]) -> None:
        self.back()
        self.sim.fault(moment.fault)
        running = self.cli.start(*command)
        wait_until(lambda: self._is_held() or running.poll() is not None, str(moment))
        assert running.poll() is None, f"{command} has ended before"
        if moment.signum == KILL:
            kill(running)
            self.sim.clear_faults()
            return
        os.killpg(running.pid, moment.signum)  # as a terminal does; Terraform has a session of its own
        with suppress(subprocess.TimeoutExpired):
            running.communicate(timeout=LATE_S)
        self.sim.clear_faults()
        _, told = running.communicate(timeout=PATIENCE_S)
        assert (running.returncode, "Traceback" in told) == (130, False), f"{running.returncode}:\n{told}"

    def _is_held(self) -> bool:
        return any(call.fault for call in self.sim.calls())

    def _most_at_once(self) -> int:
        """Return how many hosts have lived at the same time."""
        alive: set[str] = set()
        most = 0
        for event in self.sim.events():
            (alive.discard if event["state"] in GONE else alive.add)(event["instance_id"])
            most = max(most, len(alive))
        return most


def _mirror(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    if source.exists():
        shutil.copytree(source, target, symlinks=True)
