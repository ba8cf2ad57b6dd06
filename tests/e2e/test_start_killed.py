"""kill -9 of a `start` that moves a host to another zone; the next command goes on, or ends all.

CI kills at the calls on which all depends. At each call that changes something, before and after it, at each
of ours, and at one read of each kind of Terraform's, takes half an hour or more:

    GPUINFRA_EVERY_CALL=1 .venv/bin/pytest -o timeout=0 tests/e2e/test_start_killed.py
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from subprocess import Popen

import pytest

from gpuinfra.simulator.api.call_log import Call
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.e2e.every_call import BEGIN_OF_TERRAFORM, KILL, Moment, changes
from tests.e2e.move import START, Move
from tests.processes import descendants, kill

pytestmark = pytest.mark.e2e
WIDE = "GPUINFRA_EVERY_CALL" in os.environ
TRIES = 20
DECIDES = ("DescribeInstances", "DescribeImages")


def at(action: str, *, after: bool = False) -> Moment:
    """Return the moment at which a call arrives, or has been carried out."""
    return Moment(action=action, nth=1, signum=KILL, after=after)


CHOSEN = (
    at("CreateImage", after=True),
    at("RunInstances", after=True),
    at("TerminateInstances"),
    at("TerminateInstances", after=True),
)


def every(calls: Sequence[Call]) -> Iterator[Moment]:
    """Return the moments of a whole start: what it was about to know, to change, or has just changed.

    Of what decides nothing the last read of each kind; of what is refused and asked again, the first.
    """
    seen: Counter[str] = Counter()
    last = Counter(call.action for call in calls)
    is_ours = True
    for place, call in enumerate(calls, start=1):
        name = call.action
        seen[name] += 1
        is_ours = is_ours and name != BEGIN_OF_TERRAFORM
        if changes(call) and (call.status < 400 or seen[name] == 1):
            for after in (False, True):
                yield Moment(action=name, nth=seen[name], signum=KILL, after=after)
        elif is_ours and not changes(call):
            yield Moment(action="*", nth=place, signum=KILL)
        elif name in DECIDES or seen[name] == last[name]:
            yield Moment(action=name, nth=seen[name], signum=KILL)


def walk(
    move: Move,
    moments: Sequence[Moment],
    then: Callable[[int], None],
    end: Callable[[Popen[str]], None] = kill,
) -> None:
    """Kill at each moment; all that fails is told at the end."""
    failed = []
    for number, moment in enumerate(moments):
        try:
            move.killed(moment, end)
            then(number)
        except AssertionError as error:
            failed.append(f"{moment}: {error}")
    assert not failed, "\n\n".join(failed)


def test_the_next_start_goes_on(stopped: Cli, sim: Simulator) -> None:
    """From wherever the last one was."""
    move = Move(stopped, sim)
    moments: Sequence[Moment] = CHOSEN
    if WIDE:
        move.back()
        stopped.ok(*START)
        moments = list(every(sim.calls()))
    walk(move, moments, lambda _: move.goes_on())


def test_killed_on_the_way_to_the_spot_market(cli: Cli, sim: Simulator) -> None:
    """The new host is recorded, its place is not."""
    cli.edit('market = "on-demand"', 'market = "spot-then-on-demand"')
    sim.capacity(0, market="spot")
    cli.ok("up", "--yes")
    cli.ok("stop", "--yes")
    move = Move(cli, sim, market="on-demand")
    move.killed(at("TerminateInstances", after=True), kill)
    move.goes_on("spot")


def test_what_is_half_done_is_told(stopped: Cli, sim: Simulator) -> None:
    """By `status`, `list` and `plan`, with the command that goes on; after that by none of them."""
    cli, move = stopped, Move(stopped, sim)
    told = "half done: unless a start is still at work, gpuinfra start goes on with it"
    move.killed(at("RunInstances", after=True), kill)
    assert cli.json("status")["half_done"] == cli.json("list")[0]["half_done"] == told
    assert f"\nmove       {told}\n" in cli.ok("status")
    assert f"move: {told}" in cli.run("plan").stderr
    move.goes_on()
    assert cli.json("status")["half_done"] == cli.json("list")[0]["half_done"] == ""


def test_up_ends_no_host_for_an_empty_one(stopped: Cli, sim: Simulator) -> None:
    """It finishes the move, or lets the host be as it was before: then it has no room, and is told so."""
    move = Move(stopped, sim)

    def up_then_start(number: int) -> None:
        done = stopped.run("up", "--yes")
        if number:
            assert done.returncode == 0, done.stderr
        else:
            refused(done, 4, "no g4dn.xlarge")
        move.laws()
        move.goes_on()

    walk(move, [at("RunInstances", after=True), at("TerminateInstances")], up_then_start)


def alone(running: "Popen[str]") -> None:
    """kill -9 gpuinfra, and not the Terraform that it has started: that ends when it has something to say."""
    assert descendants(running.pid), "Terraform runs"
    running.kill()
    running.communicate()


def test_killed_without_its_terraform(stopped: Cli, sim: Simulator) -> None:
    """As long as that works on, the next start says so, and touches nothing; then it goes on."""
    move = Move(stopped, sim)
    move.killed(at("RunInstances", after=True), alone)
    for _ in range(TRIES):
        done = stopped.run(*START)
        if done.returncode == 0:
            break
        refused(done, 3, "another run is working on this stack")
    move.goes_on()
