"""What it costs, as a user sees it: before `up`, while the host runs, and afterwards."""

import json
import os
import subprocess
import sys
from pathlib import Path

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.waiting import PATIENCE_S

DENIED = Fault(match="GetProducts", code="AccessDeniedException", message="no", count=None)


def test_the_price_is_told_from_the_plan_to_the_end(cli: Cli, sim: Simulator) -> None:
    """The plan asks AWS and tells; `status` and `list` know it then without a call; `cost` counts."""
    plan = cli.run("plan")
    assert (
        "cost: 0.545 USD an hour, 397.87 a month (g4dn.xlarge 0.526, disk 0.014, address 0.005)"
        in plan.stderr
    )
    assert "cost while stopped: 0.014 USD an hour, 10.24 a month (disk 0.014)" in plan.stderr
    up = cli.run("up", "--yes")
    assert up.returncode == 0
    assert "cost: 0.545 USD an hour" in up.stderr
    asked = len(sim.calls("GetProducts"))
    assert "0.545 USD an hour (g4dn.xlarge 0.526" in cli.ok("status")
    assert cli.json("list")[0]["usd_h"] == cli.json("status")["cost"]["hourly"]["usd_h"]
    cost = cli.json("cost")
    assert (cost["state"], cost["unseen_s"]) == ("running", 0)
    assert cost["usd"] >= 0.526 / 60  # a minute at least
    assert "by its end if it stays as it is" in cli.ok("cost")
    assert len(sim.calls("GetProducts")) == asked


def test_who_may_not_ask_for_prices_can_do_all_else(cli: Cli, sim: Simulator) -> None:
    """No number is made up, nothing fails, and what to allow is said."""
    sim.fault(DENIED)
    plan = cli.run("plan")
    assert plan.returncode == 0
    assert "cost: unknown: g4dn.xlarge, disk, address (allow pricing:GetProducts)" in plan.stderr
    assert cli.json("plan")["cost"]["usd_h"] is None
    assert "allow pricing:GetProducts" in cli.run("prices", "g5.xlarge").stderr


def test_prices_need_no_project(sim: Simulator, tmp_path: Path) -> None:
    """Who chooses a type has none yet: the region is that of the AWS configuration, or the one said."""
    env = {**sim.env(os.environ), "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def prices(*args: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "gpuinfra", "prices", *args]
        return subprocess.run(
            argv, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )

    table = json.loads(prices("--json", "--gpu", "A10G").stdout)
    assert table["region"] == "us-east-1"
    assert table["types"][0]["type"] == "g5.xlarge"
    assert table["types"][0]["usd_gpu_h"] == 1.006
    europe = json.loads(prices("--json", "--region", "eu-central-1", "g5.xlarge").stdout)
    assert europe["types"][0]["on_demand_usd_h"] > 1.1
    refused = prices("--gpu", "H900")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "no such type: H900" in refused.stderr


def test_a_broken_file_shows_no_prices_of_another_region(cli: Cli) -> None:
    """The error is that of the file; with a region that is named nothing else is needed."""
    cli.edit('market = "on-demand"', "market = [")
    refused(cli.run("prices", "g5.xlarge"), 2, "terraform.tfvars")
    assert cli.json("prices", "--region", "eu-central-1", "g5.xlarge")["region"] == "eu-central-1"
