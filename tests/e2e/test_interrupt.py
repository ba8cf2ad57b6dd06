"""A run that is stopped: by Ctrl-C, by SIGTERM, by kill -9."""

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from gpuinfra.simulator.api.call_log import Call
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import TIMEOUT_S, Cli, kill_tree, refused

pytestmark = pytest.mark.e2e
# Longer than any test here looks: the call is in the air when the signal comes.
IN_THE_AIR_S = 60.0


def interrupt(process: "subprocess.Popen[str]", signum: int) -> "subprocess.CompletedProcess[str]":
    """Signal the command alone, as `kill PID` does, and wait for its end."""
    process.send_signal(signum)
    stdout, stderr = process.communicate(timeout=TIMEOUT_S)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def arrived(calls: list[Call]) -> bool:
    """Tell whether RunInstances has reached AWS."""
    return any(c.action == "RunInstances" for c in calls)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_while_the_host_starts(signum: int, cli: Cli, sim: Simulator) -> None:
    """Terraform ends in good order, the state names the host, the user knows it, `down` removes it."""
    running = cli.start("up", "--yes")
    sim.wait_for(lambda calls: any(c.action == "RunInstances" and c.status == 200 for c in calls))
    time.sleep(1)  # the provider has its answer now
    began = time.monotonic()
    done = interrupt(running, signum)
    assert time.monotonic() - began < 15
    (host,) = sim.leftovers()["instances"]
    instance_id = re.search(r"i-[0-9a-f]+", host)
    assert instance_id
    refused(
        done,
        130,
        "Terraform finishes the call it is in and saves its state",
        f"There is a host: {instance_id.group()}",
        "gpuinfra up (goes on) or gpuinfra destroy (removes it)",
    )
    assert not (cli.directory / ".terraform.tfstate.lock.info").exists()
    status = cli.json("status")
    assert status["note"].startswith("half made: gpuinfra up (goes on)")
    assert status["instance"]["instance_id"] == instance_id.group()

    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


def test_while_the_call_is_in_the_air(cli: Cli, sim: Simulator) -> None:
    """A host that AWS makes although Terraform gave up waiting is told of, and `down` removes it."""
    sim.fault(Fault(match="RunInstances", after=True, delay_s=IN_THE_AIR_S))
    running = cli.start("up", "--yes")
    sim.wait_for(arrived)
    _wait_for_host(sim)
    done = interrupt(running, signal.SIGINT)
    refused(done, 130, "AWS shows a host that the state does not name", "gpuinfra destroy")
    assert "Nothing was made" not in done.stderr

    sim.clear_faults()
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


def test_kill_9_between_the_call_and_the_state(cli: Cli, sim: Simulator) -> None:
    """The next `up` names the lost host and makes no second one; `down --yes` removes it."""
    sim.fault(Fault(match="RunInstances", after=True, delay_s=IN_THE_AIR_S))
    running = cli.start("up", "--yes")
    sim.wait_for(arrived)
    host = _wait_for_host(sim)
    kill_tree(running)
    sim.clear_faults()

    again = cli.run("up", "--yes")
    refused(again, 5, host, "Terraform does not know of", "  next: gpuinfra destroy")
    assert len(sim.calls("RunInstances")) == 1
    status = cli.json("status")
    assert [o["instance_id"] for o in status["orphans"]] == [host]

    cli.ok("down", "--yes")
    assert sim.leftovers() == {}
    assert _private(cli.directory)


def _wait_for_host(sim: Simulator) -> str:
    deadline = time.monotonic() + 30
    while not (hosts := sim.leftovers().get("instances", [])):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    found = re.search(r"i-[0-9a-f]+", hosts[0])
    assert found
    return found.group()


def _private(directory: Path) -> bool:
    """Tell whether states, plans and user-data are for their owner only."""
    files = [*directory.glob("*.tfstate*"), *directory.glob("*.tfplan"), *directory.glob("user-data*")]
    return all(f.stat().st_mode & 0o077 == 0 for f in files)
