"""A run that is stopped: by Ctrl-C, by SIGTERM, by kill -9."""

import re
import signal
import subprocess
from pathlib import Path

import pytest

from gpuinfra.simulator.api.call_log import Call
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.processes import kill
from tests.timing import alone_s
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.e2e
# The call is in the air when the signal comes, and for as long as any test here looks.
IN_THE_AIR_S = PATIENCE_S


def interrupt(process: "subprocess.Popen[str]", signum: int) -> "subprocess.CompletedProcess[str]":
    """Signal the command alone, as `kill PID` does, and wait for its end."""
    process.send_signal(signum)
    stdout, stderr = process.communicate(timeout=PATIENCE_S)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def arrived(calls: list[Call]) -> bool:
    """Tell whether RunInstances has reached AWS."""
    return any(c.action == "RunInstances" for c in calls)


def provider_knows(calls: list[Call]) -> bool:
    """Tell whether the provider has its answer: it asks for the host's state now."""
    actions = [c.action for c in calls]
    return "RunInstances" in actions and "DescribeInstances" in actions[actions.index("RunInstances") :]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_while_the_host_starts(signum: int, cli: Cli, sim: Simulator) -> None:
    """Terraform ends in good order, the state names the host, the user knows it, `down` removes it."""
    running = cli.start("up", "--yes")
    sim.wait_for(provider_knows)
    ended: list[subprocess.CompletedProcess[str]] = []
    assert alone_s(lambda: ended.append(interrupt(running, signum))) < 15
    done = ended.pop()
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
    kill(running)
    sim.clear_faults()

    again = cli.run("up", "--yes")
    refused(again, 5, host, "Terraform does not know of", "  next: gpuinfra recover")
    assert len(sim.calls("RunInstances")) == 1
    status = cli.json("status")
    assert [o["instance_id"] for o in status["orphans"]] == [host]

    cli.ok("down", "--yes")
    assert sim.leftovers() == {}
    assert _private(cli.directory)


def _wait_for_host(sim: Simulator) -> str:
    hosts = wait_until(lambda: sim.leftovers().get("instances"), "the host") or []
    found = re.search(r"i-[0-9a-f]+", hosts[0])
    assert found
    return found.group()


def _private(directory: Path) -> bool:
    """Tell whether states, plans and user-data are for their owner only."""
    files = [*directory.glob("*.tfstate*"), *directory.glob("*.tfplan"), *directory.glob("user-data*")]
    return all(f.stat().st_mode & 0o077 == 0 for f in files)
