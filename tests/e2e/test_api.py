"""The Python API over real Terraform and the simulated AWS, by a program that runs in another directory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gpuinfra.ground.model import Tags
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli
from tests.simulator.aws import client
from tests.simulator.leaks import plant
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.e2e
THERE = "eu-central-1"
PROGRAM = Path(__file__).with_name("api_day.py")


def test_a_day_in_money(cli: Cli, sim: Simulator, tmp_path: Path) -> None:
    """From the limit to the receipt, of the project that is named; a leak is found and left alone."""
    plant(sim, Tags(project="gpuinfra", stack="old", owner="tester"), THERE)
    left = sim.leftovers()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, PROGRAM, cli.project],
        cwd=elsewhere, env=cli.env, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "all is told to on_line"
    day = json.loads(done.stdout)
    assert (day["region"], day["usd_gpu_h"]) == ("us-west-2", pytest.approx(1.006))
    assert any("USD an hour in us-west-2, as told on" in line for line in day["told"])
    assert (day["refused"], day["limits"], day["state"]) == ("the same call with yes=True", [20, 30], "runs")
    assert day["cost"] >= 1.006 / 60  # a minute at least
    assert day["waits"] == "", "it runs already"
    assert "gpuinfra up" in day["events"]
    assert set(day["leaks"]) == {THERE}, "the live stack is none"
    assert (day["receipt"]["usd"] > 0, day["receipt"]["unknown"], day["again"]) == (True, [], None)
    assert sim.leftovers() == left
    assert client("ec2", sim, region=THERE).describe_volumes()["Volumes"]
