"""A region without capacity: `up` asks in one place after the other, and one host is what comes of it."""

import dataclasses
import json
import re
import signal
import subprocess

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.processes import kill
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.e2e
UNCHANGED = {"changes": [], "outputs_changed": False}
G5, G6 = "g5.xlarge", "g6.xlarge"


@pytest.fixture
def two_by_two(cli: Cli) -> Cli:
    """Two types on two markets, spot first: four places."""
    cli.edit("instance_types = null", f'instance_types = ["{G5}", "{G6}"]')
    cli.edit('market = "on-demand"', 'market = "spot-then-on-demand"')
    return cli


def asked(sim: Simulator) -> list[tuple[str, str]]:
    """Return type and market of each RunInstances so far; the provider's own repetitions count once."""
    calls = [call.params for call in sim.calls("RunInstances")]
    pairs = [(p["InstanceType"], p.get("InstanceMarketOptions.MarketType", "on-demand")) for p in calls]
    return [pair for n, pair in enumerate(pairs) if n == 0 or pairs[n - 1] != pair]


def hosts(sim: Simulator) -> int:
    """Return how many hosts live."""
    return len(sim.leftovers().get("instances", []))


def pool(cli: Cli) -> dict[str, str | None] | None:
    """Return what is recorded of where the host was found."""
    path = cli.directory / "pool.auto.tfvars.json"
    found: dict[str, str | None] | None = json.loads(path.read_text())["pool"] if path.exists() else None
    return found


def test_the_order_is_kept_and_what_was_won_is_recorded(two_by_two: Cli, sim: Simulator) -> None:
    """It is shown with prices before anything is asked; the second plan is empty, and nothing is left."""
    cli = two_by_two
    sim.capacity(0)
    sim.capacity(1, instance_type=G5, market="on-demand")
    done = cli.run("up", "--yes")
    assert done.returncode == 0, done.stderr
    lines = done.stderr.split("\n")
    order = [n for n, line in enumerate(lines) if re.match(r"  [1-4]  g[56]\.xlarge", line)]
    assert [lines[n].split()[1:3] for n in order] == [
        [G5, "spot"],
        [G6, "spot"],
        [G5, "on-demand"],
        [G6, "on-demand"],
    ]
    assert "1.006" in lines[order[2]], "its price"
    tries = [line for line in lines if re.match(r"\d of 4: ", line)]
    assert re.fullmatch(rf"1 of 4: {G5} spot: no capacity \(\d+\.\d s\); next: {G6} spot", tries[0])
    assert asked(sim) == [(G5, "spot"), (G6, "spot"), (G5, "on-demand")]
    assert pool(cli) == {"instance_type": G5, "market": "on-demand", "zone": None}
    assert hosts(sim) == 1
    assert cli.json("plan") == UNCHANGED
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


def test_quota_and_price_are_not_asked_again(two_by_two: Cli, sim: Simulator) -> None:
    """Each ends its places at once, also with --wait: four places are three tries, and nobody waits."""
    cli = two_by_two
    cli.edit("max_price = null", "max_price = 0.01")
    sim.fault(Fault(match="RunInstances", body="=g5.xlarge", nth=2, count=None, code="VcpuLimitExceeded"))
    done = cli.run("up", "--yes", "--wait", "2h")
    refused(
        done,
        4,
        f"\n  {G5} spot: max_price is below",
        f"\n  {G6} spot: ",
        "L-DB2E81BA",
        "quota request --type g5",
    )
    assert asked(sim) == [(G5, "spot"), (G6, "spot"), (G5, "on-demand")]
    assert (hosts(sim), pool(cli)) == (0, None)


def test_capacity_found_to_be_lacking_late(cli: Cli, sim: Simulator) -> None:
    """EC2 says yes and ends the pending host: the next place is asked, and the dead one is dropped.

    In a zone that the first refusal names, which no list does.
    """
    cli.edit("instance_types = null", f'instance_types = ["{G5}", "{G6}"]')
    sim.capacity_late(instance_type=G5)
    cli.ok("up", "--yes")
    assert (hosts(sim), (pool(cli) or {})["instance_type"]) == (1, G6)
    assert cli.json("plan") == UNCHANGED


PLACES = [(G5, "spot"), (G6, "spot"), (G5, "on-demand"), (G6, "on-demand")]


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
def test_kill_9_in_every_place(two_by_two: Cli, sim: Simulator, place: tuple[str, str]) -> None:
    """One host at most: the next `up` names it and makes none beside it; recovered, its plan is empty."""
    cli, (instance_type, market) = two_by_two, place
    sim.capacity(0)
    sim.capacity(1, instance_type=instance_type, market=market)
    sim.pending(PATIENCE_S)  # made, and Terraform has not written it down yet
    running = cli.start("up", "--yes")
    wait_until(lambda: hosts(sim), "the host")
    kill(running)
    sim.pending(0)
    refused(cli.run("up", "--yes"), 5, "Terraform does not know of", "  next: gpuinfra recover")
    assert hosts(sim) == 1
    cli.ok("recover", "--yes")
    found = pool(cli) or {"instance_type": G5, "market": "spot"}  # the first one is not written down
    assert (found["instance_type"], found["market"]) == place
    assert cli.json("plan") == UNCHANGED
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


@pytest.mark.parametrize("is_made", [False, True])
def test_kill_9_in_the_place_after_a_late_lack(two_by_two: Cli, sim: Simulator, is_made: bool) -> None:
    """The state names a host that EC2 has taken back; one that is made since is no second one's way."""
    cli = two_by_two
    sim.capacity(0, instance_type=G5)
    sim.capacity_late(instance_type=G5)
    sim.fault(Fault(match="RunInstances", body=f"={G6}", delay_s=PATIENCE_S, drop=not is_made, after=is_made))
    # with a provider of its own, which dies with it: one that lives asks again
    own = {name: value for name, value in cli.env.items() if name != "TF_REATTACH_PROVIDERS"}
    running = dataclasses.replace(cli, env=own).start("up", "--yes")
    sim.wait_for(lambda calls: any(call.fault for call in calls))
    kill(running)
    sim.clear_faults()
    assert hosts(sim) == is_made
    if is_made:
        refused(cli.run("up", "--yes"), 5, "Terraform does not know of", "  next: gpuinfra recover")
        cli.ok("recover", "--yes")
    else:
        cli.ok("up", "--yes")
    assert hosts(sim) == 1
    assert cli.json("plan") == UNCHANGED
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


def test_ctrl_c_while_the_host_starts(cli: Cli, sim: Simulator) -> None:
    """The state names the host; the next `up` goes on in the place where it is."""
    cli.edit("instance_types = null", f'instance_types = ["{G5}", "{G6}"]')
    sim.capacity(0, instance_type=G5)
    sim.pending(PATIENCE_S)
    running = cli.start("up", "--yes")
    wait_until(lambda: hosts(sim), "the host")
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=PATIENCE_S)
    sim.pending(0)
    cli.ok("up", "--yes")
    assert (hosts(sim), (pool(cli) or {})["instance_type"]) == (1, G6)
    assert cli.json("plan") == UNCHANGED


def test_up_waits_until_there_is_capacity(cli: Cli, sim: Simulator) -> None:
    """Half a minute after the first round it asks again; Ctrl-C instead ends it, and nothing is left."""
    sim.capacity(0)
    waits = cli.start("up", "--yes", "--wait", "2h")
    told(waits, "no place has a host: asked again at")
    waits.send_signal(signal.SIGINT)
    waits.communicate(timeout=PATIENCE_S)
    assert (waits.returncode, hosts(sim)) == (130, 0)
    waits = cli.start("up", "--yes", "--wait", "2h")
    told(waits, "no place has a host: asked again at")
    sim.clear_capacity()
    waits.communicate(timeout=PATIENCE_S)
    assert (waits.returncode, hosts(sim)) == (0, 1)
    assert cli.json("plan") == UNCHANGED


def test_a_wait_that_is_none_is_refused(cli: Cli, sim: Simulator) -> None:
    """Before anything is asked."""
    for text in ("2", "2x", "-1h", "0h", "nanh", "2hh"):
        refused(cli.run("up", "--yes", "--wait", text), 2, f"--wait says {text!r}")
    assert sim.calls() == []


def told(running: "subprocess.Popen[str]", text: str) -> None:
    """Wait until a running command has said something."""
    assert running.stderr
    assert any(text in line for line in running.stderr), "it ended without"
