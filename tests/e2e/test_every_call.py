"""kill -9, and Ctrl-C, at every call of a command: the next command ends what was begun; one host, or none.

Of `stop`, `start` and `resize` CI walks through all calls that are ours; of `up` and `down` through each
ninth that changes something. By turns it is killed when AWS has done it and not yet answered, or hears Ctrl-C
when it has arrived and is never done. Both at all of them, and one read of each kind (a plan asks for the
same up to seven times), take an hour:

    GPUINFRA_EVERY_CALL=1 .venv/bin/pytest -o timeout=0 tests/e2e/test_every_call.py
"""

import json
import os
from collections.abc import Sequence

import pytest

from gpuinfra.simulator.api.call_log import Call
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli
from tests.e2e.every_call import Moment, Stage, of_changes, of_reads, ours, places
from tests.e2e.test_lifecycle import NOTHING
from tests.e2e.test_private import NAT, PRIVATE

pytestmark = pytest.mark.e2e
WIDE = "GPUINFRA_EVERY_CALL" in os.environ
SMALL, LARGE = "g4dn.xlarge", "g5.xlarge"
SHARE = 18  # of two moments for each call
UP, DOWN = ("up", "--yes"), ("down", "--yes")


def share(calls: Sequence[Call]) -> list[Moment]:
    """Return the moments of `up` and `down` that are walked through."""
    if WIDE:
        return [*of_changes(calls), *of_reads(calls)]
    each = list(of_changes(calls))
    return [each[index + index // SHARE % 2] for index in range(0, len(each), SHARE)]


def up_again(cli: Cli) -> str:
    """Type `up`; where a host was made and not recorded it is refused and names `recover`, which helps.

    Return what was told.
    """
    done = cli.run(*UP)
    if done.returncode == 5:
        assert "next: gpuinfra recover" in done.stderr, done.stderr
        cli.ok("recover", "--yes")
        done = cli.run(*UP)
    assert done.returncode == 0, done.stderr
    assert cli.json("plan") == NOTHING
    return done.stderr


def down_again(cli: Cli, sim: Simulator) -> str:
    """Type `down`: nothing is left. Return what was told."""
    done = cli.run(*DOWN)
    assert done.returncode == 0, done.stderr
    assert sim.leftovers() == {}
    return done.stderr


def count(sim: Simulator) -> dict[str, int]:
    """Count what there is, by kind."""
    return {kind: len(found) for kind, found in sim.leftovers().items()}


def facts(cli: Cli, sim: Simulator) -> set[tuple[str, str]]:
    """Return state and type of the host as EC2 and as Terraform's record say."""
    state = json.loads((cli.directory / "terraform.tfstate").read_text())
    (host,) = (
        one["instances"][0]["attributes"] for one in state["resources"] if one["type"] == "aws_instance"
    )
    (machine,) = sim.machines()
    return {(machine.state, machine.instance_type), (host["instance_state"], host["instance_type"])}


def test_stop_start_resize(cli: Cli, sim: Simulator) -> None:
    """The same command again: EC2, record and file agree. A resize leaves stopped what it had stopped."""
    cli.ok(*UP)
    again(cli, sim, ("stop", "--yes"), "stopped", SMALL)
    again(cli, sim, ("resize", LARGE, "--yes"), "running", LARGE)
    cli.ok("stop", "--yes")
    again(cli, sim, ("start",), "running", SMALL)


def again(cli: Cli, sim: Simulator, command: Sequence[str], state: str, instance_type: str) -> None:
    """Interrupt a command at each call that is ours; all is as before afterwards."""
    stage = Stage(cli, sim)
    calls = stage.undisturbed(*command)
    assert facts(cli, sim) == {(state, instance_type)}

    def converges(_: int) -> str:
        done = cli.run(*command)
        assert done.returncode == 0, done.stderr
        found = facts(cli, sim)
        left_stopped = found == {("stopped", LARGE)} and "next: gpuinfra start" in done.stderr
        assert left_stopped or found == {(state, instance_type)}, found
        return done.stderr

    own = ours(calls)
    by_terraform = of_reads(calls[len(own) :]) if WIDE else ()
    stage.walk([*places(own, wide=WIDE), *by_terraform], command, converges)
    stage.back()


def test_up(cli: Cli, sim: Simulator) -> None:
    """`up` again: one host, and nothing twice; `down` instead, each second time: nothing is left."""
    stage = Stage(cli, sim)
    calls = stage.undisturbed(*UP)
    whole = count(sim)

    def converges(number: int) -> str:
        if number % 2:
            return down_again(cli, sim)
        told = up_again(cli)
        assert count(sim) == whole
        return told

    stage.walk(share(calls), UP, converges)


def test_down(cli: Cli, sim: Simulator) -> None:
    """Of a private host nothing is left, nor of its network; `up` instead, now and then: all is whole."""
    cli.edit('access = "ssh"', PRIVATE)
    cli.edit("private_network = null", NAT)
    cli.ok(*UP)
    whole = count(sim)
    stage = Stage(cli, sim)

    def converges(number: int) -> str:
        if not WIDE or number % 6 != 5:
            return down_again(cli, sim)
        told = up_again(cli)
        assert count(sim) == whole
        return told

    stage.walk(share(stage.undisturbed(*DOWN)), DOWN, converges)
