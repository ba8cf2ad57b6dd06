"""What tests of run and jobs share: input, terminals, and a network that can be cut."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.e2e.on_host.project_on_host import ProjectOnHost, Running
from tests.processes import signal_inside
from tests.waiting import PATIENCE_S


def fed(host: ProjectOnHost, given: bytes, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """Run a command of ours with something on its stdin; all bytes."""
    argv = host.argv(*arguments)
    env = dict(host.env)
    return subprocess.run(argv, env=env, input=given, capture_output=True, timeout=PATIENCE_S, check=False)


def job(host: ProjectOnHost, wanted: str) -> dict[str, Any]:
    """Return one job of the list, by id or name."""
    found = json.loads(host.ok("job", "list", "--json"))
    return next(j for j in found if wanted in (j["id"], j["name"], j["command"]))


def press(running: Running, number: int = signal.SIGINT) -> tuple[int, str]:
    """Signal the command itself, not the way into the lab; return its exit code and the rest it printed."""
    signal_inside(running.process, number)
    out, _ = running.process.communicate(timeout=PATIENCE_S)
    return running.process.returncode, out


def laptop_gone(running: Running) -> None:
    """kill -9 the command; what it has left behind here is not waited for."""
    signal_inside(running.process, signal.SIGKILL)
    for stream in (running.process.stdout, running.process.stderr):
        if stream:
            stream.close()
    running.process.wait(timeout=PATIENCE_S)


def end_connection(host: ProjectOnHost) -> None:
    """End the shared connection, as when it was idle for long or the laptop slept."""
    conf = host.home / "state" / "gpuinfra" / "ssh" / "default.conf"
    host.inside(["ssh", "-F", conf, "-O", "exit", "gpuinfra-default"])


@contextmanager
def cut_off(host: ProjectOnHost) -> Iterator[None]:
    """Pull the cables of all hosts: packets vanish, as when a laptop leaves its network."""
    cables = [n for n in host.lab.run(["ls", "/sys/class/net"]).stdout.split() if n.startswith("host")]
    shown = host.lab.run(["ip", "-o", "link"]).stdout
    cables = cables or [line.split()[1].split("@")[0] for line in shown.splitlines() if " host" in line]
    for cable in cables:
        host.lab.run(["ip", "link", "set", cable, "down"])
    try:
        yield
    finally:
        for cable in cables:
            host.lab.run(["ip", "link", "set", cable, "up"])


def ec2(host: ProjectOnHost, instance_id: str, order: str = "") -> str:
    """Return the instance's state as AWS tells it, after an order ("start" or "stop")."""
    from tests.simulator.aws import client, describe

    api = client("ec2", host.lab.simulator)
    if order == "start":
        api.start_instances(InstanceIds=[instance_id])
    elif order == "stop":
        api.stop_instances(InstanceIds=[instance_id])
    return str(describe(api, instance_id)["State"]["Name"])
