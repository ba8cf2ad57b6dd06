"""A region without capacity: `up` asks in one place after the other, and one host is what comes of it."""

import json
import re

import pytest

from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli

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
