"""`resize`: the same host and disk on another instance type; what EC2 refuses leaves it as it was."""

import dataclasses

from gpuinfra.features.lifecycle import places, power
from gpuinfra.features.lifecycle.power import Running
from gpuinfra.features.lifecycle.renewed import record
from gpuinfra.features.lifecycle.state_wait import existing
from gpuinfra.features.money import lease_end
from gpuinfra.features.provision import later_start
from gpuinfra.features.provision.preflight import settings_of
from gpuinfra.ground.errors import STAYS_STOPPED, CloudError, ConfigError, Declined
from gpuinfra.ground.model import Host, Instance, TypeFacts
from gpuinfra.ground.names import command
from gpuinfra.ground.protocols import Cloud
from gpuinfra.ground.world import World


def resize(world: World, instance_type: str, *, yes: bool, running: Running) -> Host:
    """Give the host another type, in EC2 and in terraform.tfvars; one that ran runs again afterwards.

    Raises:
        ConfigError: it cannot have that type, or the user said no; nothing was stopped.
        CloudError: EC2 refuses; the host has its old type again.
    """
    host = dataclasses.replace(world.recorded_host(), instance_type=instance_type)
    settings_of(world)  # terraform.tfvars has to be written later: what is wrong with it is said now
    cloud = power.cloud_of(world, host)
    instance = existing(cloud, host)
    if instance.instance_type != instance_type:
        refuse(cloud.type_facts(instance_type), instance, host)
        _prove_lease(world, cloud, host, instance)
        _confirm(world, instance, host, yes, running)
        later_start.end(world, host, instance)
        _change(world, cloud, instance, host)
    world.values.change({"instance_type": instance_type})
    record(world, host)
    world.reporter.say(f"{host.instance_id} is a {instance_type}, here and in terraform.tfvars")
    if instance.state in ("stopping", "stopped"):  # by its user, or by a resize that was cut off
        world.reporter.say(f"it was stopped and stays so; next: {command('start', host.stack)}")
    return world.recorded_host()


def refuse(facts: TypeFacts | None, instance: Instance, host: Host) -> None:
    """Refuse a type that this host cannot have.

    Raises:
        ConfigError: there is none of that name here, or it does not fit the image or the zone.
    """
    wanted = host.instance_type
    if facts is None:
        raise ConfigError(
            f"the region {host.region} has no instance type {wanted!r}",
            hint=f"aws ec2 describe-instance-type-offerings --region {host.region}   # lists what it has",
        )
    why = places.why_reserved(instance) or places.unfit(facts, instance, host)
    if not why and instance.availability_zone not in facts.zones:
        others = ", ".join(facts.zones) or "no zone of this region"
        why = f"the host's zone {instance.availability_zone} does not offer it; offered in {others}"
    if why:
        message = f"the host {host.instance_id} cannot become a {wanted}: {why}"
        raise ConfigError(message, hint=f"{command('init', 'NAME')}   # another host, beside this one")


def _prove_lease(world: World, cloud: Cloud, host: Host, instance: Instance) -> None:
    """See that the lease lets the host be started again, before it is stopped; move the end of one that is.

    Raises:
        ConfigError: nothing is left of it, or the new price is not known.
    """
    if instance.state in ("pending", "running"):
        lease_end.require(world, cloud, host, instance)
    else:
        lease_end.before_resize(world, cloud, host, instance)


def _confirm(world: World, instance: Instance, host: Host, yes: bool, running: Running) -> None:
    types = f"from {instance.instance_type} to {host.instance_type}"
    question = f"Change {host.instance_id}, which stays stopped, {types}? Its disk is kept."
    if instance.state in ("pending", "running"):
        power.tell_running(world, host, running)
        question = f"Stop {host.instance_id}, change it {types}, and start it again? Its disk is kept."
    if not yes and not world.reporter.confirm(question):
        raise Declined("nothing was changed", hint=command("status", host.stack))


def _change(world: World, cloud: Cloud, instance: Instance, host: Host) -> None:
    """Stop, change, start; EC2 and terraform.tfvars say the same at every moment but between two lines."""
    runs = instance.state in ("pending", "running")
    what = f"gpuinfra resize {host.instance_type}"
    stopped = power.power_off(world, cloud, host, instance, reason=what)
    if instance.state == "stopped":  # else its end has been noted
        world.events.note(what, host.instance_id)
    try:
        _set_type(world, cloud, host)
        if runs:
            power.power_on(world, cloud, host, stopped)
    except CloudError as error:
        old = dataclasses.replace(host, instance_type=stopped.instance_type)
        refused = _gone_back(world, old, stopped, error) if runs else error
        record(world, old)
        again = command(f"resize {host.instance_type}", host.stack)
        raise refused.retell(refused.message, hint=f"{again}   # again later, or another type") from None


def _set_type(world: World, cloud: Cloud, host: Host) -> None:
    cloud.set_type(host.instance_id, host.instance_type)
    world.values.change({"instance_type": host.instance_type})


def _gone_back(world: World, old: Host, stopped: Instance, error: CloudError) -> CloudError:
    """Give the host its old type again and start it; return the error that says how that ended."""
    cloud, why = power.cloud_of(world, old), error.message.removesuffix(STAYS_STOPPED)
    try:
        _set_type(world, cloud, old)
        power.power_on(world, cloud, old, stopped)
    except CloudError as second:
        again = f"its type is {old.instance_type} again, which was refused, too: {second.message}"
        return CloudError(f"{why}; {again.removesuffix(STAYS_STOPPED)}{STAYS_STOPPED}")
    return CloudError(f"{why}; the host is a {old.instance_type} again and runs")
