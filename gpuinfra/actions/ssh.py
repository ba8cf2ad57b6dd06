"""`ssh`: find the host and its true key; the session itself is OpenSSH's."""

from collections.abc import Callable
from pathlib import Path

from gpuinfra import hostkeys
from gpuinfra.errors import HostError
from gpuinfra.hints import command
from gpuinfra.model import Host
from gpuinfra.ports import Ports
from gpuinfra.recorded import recorded_host

POLL_S = 5.0
# "Posted shortly after a transition"; a Nitro host has printed its keys within a minute of its first boot.
TIMEOUT_S = 300.0


def target(ports: Ports, *, pins: Path, sleep: Callable[[float], None]) -> tuple[Host, Path]:
    """Return the host and a known_hosts file that holds its key, read once through AWS.

    Raises:
        HostError: there is no host, or it has not printed its keys within 5 minutes.
    """
    host = recorded_host(ports.state, ports.workspace.name)
    pinned = pins / host.instance_id
    if not pinned.exists():
        keys = _wait_for_keys(ports, host, sleep)
        pins.mkdir(parents=True, exist_ok=True, mode=0o700)
        pinned.touch(mode=0o600)
        pinned.write_text(hostkeys.known_hosts(host.instance_id, keys))
    return host, pinned


def _wait_for_keys(ports: Ports, host: Host, sleep: Callable[[float], None]) -> list[str]:
    cloud, waited = ports.cloud(host.region, None), 0.0
    while not (keys := hostkeys.parse(cloud.console(host.instance_id))):
        _must_run(ports, host)
        if waited >= TIMEOUT_S:
            raise HostError(
                f"{host.instance_id} has not printed its host keys to its console within 5 minutes;"
                " gpuinfra does not connect to a host that it cannot verify",
                hint=command("status", host.stack),
            )
        if waited == 0:
            ports.narrator.say("waiting for the host to print its keys to its console (at its first boot)")
        sleep(POLL_S)
        waited += POLL_S
    return keys


def _must_run(ports: Ports, host: Host) -> None:
    instance = ports.cloud(host.region, None).instance(host.instance_id)
    state = instance.state if instance else "gone"
    if state not in ("pending", "running"):
        raise HostError(f"the host {host.instance_id} is {state}", hint=command("status", host.stack))
