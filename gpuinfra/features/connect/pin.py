"""The host's true key: from its console, else from Systems Manager's agent; AWS vouches for both."""

from datetime import UTC, datetime

from gpuinfra.ground import when
from gpuinfra.ground.errors import CloudError, HostError, Stopped
from gpuinfra.ground.model import Host, Instance
from gpuinfra.ground.names import command
from gpuinfra.ground.protocols import Cloud
from gpuinfra.ground.world import World
from gpuinfra.tools.ssh import host_keys

POLL_S = 5.0
# "Posted shortly after a transition" (GetConsoleOutput); a Nitro host prints its keys in its first minute.
KEYS_TIMEOUT_S = 300.0
OF_ANOTHER = (
    "the keys on its console are not marked with this stack's host-key-nonce, which was lost or replaced"
)
KEYS_COMMAND = "cat /etc/ssh/ssh_host_*_key.pub"


def pin_key(world: World, host: Host) -> None:
    """Pin the host's key as it printed it to its console, unless that has been done.

    Raises:
        HostError: the host does not run, or has not printed its keys within 5 minutes of its start.
    """
    if not world.ssh.pinned(host):
        cloud = world.cloud(host.region, None)
        world.ssh.pin(host, _wait_for_keys(world, cloud, host))


def running(cloud: Cloud, host: Host) -> Instance:
    """Return the instance if it runs or is about to.

    Raises:
        HostError: it is stopped or gone.
    """
    instance = cloud.instance(host.instance_id)
    if instance is None or instance.state in ("terminated", "shutting-down"):
        raise HostError(f"the host {host.instance_id} is gone", hint=command("up", host.stack))
    if instance.state in ("stopped", "stopping"):
        raise Stopped(f"the host {host.instance_id} is {instance.state}", hint=command("start", host.stack))
    return instance


def _wait_for_keys(world: World, cloud: Cloud, host: Host) -> list[str]:
    began, token = world.clock.now(), world.files.nonce()
    while not (keys := host_keys.parse(console := cloud.console(host.instance_id), token=token)):
        instance = running(cloud, host)
        waited = world.clock.now() - began
        if host_keys.is_of_another(console, token=token):
            return _keys_by_agent(world, cloud, host, OF_ANOTHER)
        if max(waited, _on_s(instance)) >= KEYS_TIMEOUT_S:
            return _keys_by_agent(world, cloud, host, "no keys on its console, on for 5 minutes or more")
        if waited < POLL_S:
            world.reporter.say(
                "waiting for the host to print its keys to its console (up to 5 min from its start)"
            )
        world.clock.sleep(POLL_S)
    return keys


def _on_s(instance: Instance) -> float:
    """Return how long it has been on since its last start, in seconds; 0 where that is not known."""
    launched = when.read(instance.launched)
    return (datetime.now(UTC) - launched).total_seconds() if launched else 0.0


def _keys_by_agent(world: World, cloud: Cloud, host: Host, reason: str) -> list[str]:
    """Return the keys as Systems Manager's agent on the host reads them: AWS vouches for that, too.

    Raises:
        HostError: that does not work either.
    """
    world.reporter.say(f"{reason}; asking its Systems Manager agent")
    try:
        keys, why = host_keys.plain(cloud.run(host.instance_id, KEYS_COMMAND)), "its agent does not answer"
    except CloudError as error:
        keys, why = [], error.message
    if not keys:
        raise HostError(
            f"{host.instance_id}: {reason}, and Systems Manager does not show them ({why}); gpuinfra does not"
            " connect to a host that it cannot verify",
            hint=f"{command('logs --console', host.stack)}   # shows what it did print",
        )
    return keys
