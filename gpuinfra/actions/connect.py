"""Finding the way to a host: its true key, its present address, or the reason why it cannot be reached."""

from gpuinfra import hostkeys
from gpuinfra.errors import HostError, Unreachable
from gpuinfra.hints import command
from gpuinfra.model import Host, Instance
from gpuinfra.ports import Cloud, Ports
from gpuinfra.recorded import recorded_host

POLL_S = 5.0
# "Posted shortly after a transition" (GetConsoleOutput); a Nitro host prints its keys in its first minute.
KEYS_TIMEOUT_S = 300.0
# A start of this program, StartSession, and ssh's own greeting.
OPEN_TIMEOUT_S = 40.0


def connect(ports: Ports) -> Host:
    """Return the host with its key pinned and ssh configured for its present address.

    Raises:
        HostError: there is no host, or it is stopped, gone, still booting or closed to the caller.
    """
    host = recorded_host(ports.state, ports.workspace.name)
    pin_key(ports, host)
    ports.link.configure(host, address=host.address)
    if ports.link.is_open(host):
        return host
    if host.is_private:
        _open_privately(ports, host)
    elif not ports.link.answers(host.public_ip):
        _find(ports, host)
    return host


def _open_privately(ports: Ports, host: Host) -> None:
    """Open the shared connection through Session Manager: there is no address to knock at.

    Raises:
        GpuInfraError: the host does not run, or Session Manager does not lead to it, with the reason.
    """
    _running(ports.cloud(host.region, None), host)
    if ports.link.run(host, "true", timeout_s=OPEN_TIMEOUT_S) is None:
        raise Unreachable(
            f"{host.instance_id} runs, but Session Manager does not lead to it: it is still booting, its"
            " agent does not run, or its network has no way to Session Manager",
            hint=command("status --watch", host.stack),
        )


def pin_key(ports: Ports, host: Host) -> None:
    """Pin the host's key as it printed it to its console, unless that has been done.

    Raises:
        HostError: the host does not run, or has not printed its keys within 5 minutes.
    """
    if not ports.link.pinned(host):
        cloud = ports.cloud(host.region, None)
        ports.link.pin(host, _wait_for_keys(ports, cloud, host))


def _wait_for_keys(ports: Ports, cloud: Cloud, host: Host) -> list[str]:
    began = ports.clock.now()
    while not (keys := hostkeys.parse(cloud.console(host.instance_id), token=ports.workspace.nonce())):
        _running(cloud, host)
        waited = ports.clock.now() - began
        if waited >= KEYS_TIMEOUT_S:
            raise HostError(
                f"{host.instance_id} has not printed its host keys to its console within 5 minutes;"
                " gpuinfra does not connect to a host that it cannot verify",
                hint=command("status", host.stack),
            )
        if waited < POLL_S:
            ports.narrator.say("waiting for the host to print its keys to its console (at its first boot)")
        ports.clock.sleep(POLL_S)
    return keys


def _find(ports: Ports, host: Host) -> None:
    """Ask EC2 why nothing answers; a new address after stop and start is taken over.

    Raises:
        Unreachable: the host cannot be reached now, with the reason.
    """
    instance = _running(ports.cloud(host.region, None), host)
    if instance.public_ip and instance.public_ip != host.public_ip:
        ports.narrator.say(f"the host has a new address: {instance.public_ip}")
        ports.link.configure(host, address=instance.public_ip)
        if ports.link.answers(instance.public_ip):
            return
    raise Unreachable(
        f"{host.instance_id} runs, but nothing answers at {instance.public_ip or host.public_ip}: it is still"
        f" booting, or your address is not one of {', '.join(host.allowed_cidrs) or 'none'}",
        hint=f"{command('status --watch', host.stack)}; if your address has changed: "
        f"{command('allow', host.stack)}",
    )


def _running(cloud: Cloud, host: Host) -> Instance:
    """Return the instance if it runs or is about to.

    Raises:
        HostError: it is stopped or gone.
    """
    instance = cloud.instance(host.instance_id)
    if instance is None or instance.state in ("terminated", "shutting-down"):
        raise HostError(f"the host {host.instance_id} is gone", hint=command("up", host.stack))
    if instance.state in ("stopped", "stopping"):
        start = f"aws ec2 start-instances --region {host.region} --instance-ids {host.instance_id}"
        raise Unreachable(f"the host {host.instance_id} is {instance.state}", hint=start)
    return instance
