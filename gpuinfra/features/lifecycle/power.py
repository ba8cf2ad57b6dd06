"""`stop`, `start`: EC2 does it, then Terraform's record is renewed, so that its next plan is empty."""

from collections.abc import Callable, Sequence

from gpuinfra.features.boot.follow import follow
from gpuinfra.features.events import events
from gpuinfra.features.lifecycle.other_places import OWN_PLACE, OtherPlaces
from gpuinfra.features.lifecycle.renewed import record, settings_as_recorded
from gpuinfra.features.lifecycle.spot_host import refuse_stop
from gpuinfra.features.lifecycle.state_wait import await_state, existing
from gpuinfra.features.money import lease_end, ledger
from gpuinfra.features.provision import kept_text, later_start
from gpuinfra.ground.errors import CloudError, Declined, Stopped
from gpuinfra.ground.model import Host, Instance
from gpuinfra.ground.names import command
from gpuinfra.ground.pool import CAPACITY_BLOCK
from gpuinfra.ground.protocols import Cloud
from gpuinfra.ground.world import World

# What runs on the host: commands of jobs, shells; and why it could not be asked, if so.
Running = Callable[[Host], Sequence[str]]


def stop(world: World, *, yes: bool, running: Running) -> Instance:
    """Stop the host, its disk kept; says what is `running` there before it asks.

    Raises:
        Declined: the user said no.
        HostError: there is no host, or it is gone.
    """
    host = world.recorded_host()
    cloud = cloud_of(world, host)
    instance = left_alone(world, cloud, host)
    refuse_stop(host, instance)
    if instance.state in ("pending", "running"):
        tell_running(world, host, running)
        if not yes and not world.reporter.confirm(f"Stop the host {host.instance_id}?"):
            raise Declined("nothing was stopped", hint=command("status", host.stack))
    instance = power_off(world, cloud, host, instance, reason="gpuinfra stop")
    record(world, host)
    if beside := kept_text.row(world):
        world.reporter.say(f"! beside it, and not stopped: {beside}")
    world.reporter.say(f"stopped; its disk is kept and costs money until {command('down', host.stack)}")
    if instance.market == CAPACITY_BLOCK:
        world.reporter.say("its Capacity Block is paid for all the same; its place there is free again")
    world.reporter.say(f"next: {command('start', host.stack)}")
    return instance


def start(world: World, elsewhere: OtherPlaces = OWN_PLACE) -> Host:
    """Start the host if it does not run; return it with its new address, as it is recorded then.

    Raises:
        CloudError: EC2 refuses: it stays stopped, its disk is safe.
        HostError: there is no host, or it is gone.
    """
    host = elsewhere.settle(world, world.recorded_host())
    events.hear(world)  # its console says since when it has been stopped, and begins anew now
    before = existing(cloud := cloud_of(world, host), host)
    try:
        with later_start.ends_with_a_start(world, cloud, host, before):
            power_on(world, cloud, host, before)
        elsewhere.started(world, host)
    except CloudError as refusal:
        host = elsewhere.go(world, host, refusal)
    world.events.note("gpuinfra start", host.instance_id)
    record(world, host)
    return world.recorded_host()


def started(world: World, host: Host, *, yes: bool, elsewhere: OtherPlaces = OWN_PLACE) -> Host:
    """Return a host that runs: one that is stopped is started, without `yes` after a question.

    Raises:
        Stopped: the user said no.
    """
    instance = existing(cloud_of(world, host), host)
    ledger.seen(world, host, instance)
    if instance.state not in ("stopped", "stopping"):
        return host
    asked = f"The host {host.instance_id} is {instance.state}. Start it? It costs money while it runs."
    if not yes and not world.reporter.confirm(asked):
        raise Stopped(f"the host {host.instance_id} is stopped", hint=command("start", host.stack))
    return start(world, elsewhere)


def followed(world: World, host: Host, *, wait: bool) -> Host:
    """Return the host, with `wait` once it is ready; one that is stopped is not waited for."""
    if wait and existing(cloud_of(world, host), host).state not in ("stopped", "stopping"):
        follow(world, host)
    return host


def tell_running(world: World, host: Host, running: Running) -> None:
    """Say what is running on the host."""
    if commands := running(host):
        world.reporter.say(f"still running on the host: {'; '.join(commands)}")


def cloud_of(world: World, host: Host) -> Cloud:
    """Return AWS in the host's region; what it refuses is said in words of this host."""
    return world.cloud(host.region, settings_as_recorded(host))


def left_alone(world: World, cloud: Cloud, host: Host) -> Instance:
    """Return the instance of a host that AWS, which may just have started it, starts by itself no more."""
    instance = existing(cloud, host)
    return existing(cloud, host) if later_start.end(world, host, instance) else instance


def power_off(world: World, cloud: Cloud, host: Host, instance: Instance, *, reason: str) -> Instance:
    """Stop an instance that is not stopped, on_stop and saves before, and wait; its connection ends."""
    ledger.seen(world, host, instance)
    if instance.state == "stopped":
        return instance
    refuse_stop(host, instance)
    if instance.state == "running":
        world.end_host(world, host, reason)
    world.events.note(reason, host.instance_id)
    world.ssh.close(host)
    if instance.state == "pending":
        instance = await_state(world, cloud, host, "running", "stopped")
    if instance.state not in ("stopping", "stopped"):
        cloud.stop(host.instance_id)
    return await_state(world, cloud, host, "stopped")


def power_on(world: World, cloud: Cloud, host: Host, instance: Instance) -> Instance:
    """Start an instance that does not run, and wait for it.

    Raises:
        CloudError: EC2 refuses, at once or after it has said yes.
        ConfigError, HostError: its lease does not let it.
    """
    ledger.seen(world, host, instance, starts=instance.state == "stopped")
    if instance.state == "stopping":
        await_state(world, cloud, host, "stopped")
    if instance.state in ("stopping", "stopped"):
        lease_end.before_start(world, cloud, host, instance)
        cloud.start(host.instance_id)
    return await_state(world, cloud, host, "running")
