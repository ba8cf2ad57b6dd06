"""What is checked, and cleared away, before Terraform starts."""

import json

from gpuinfra.features.provision import leftovers
from gpuinfra.features.provision.outcome import describe, orphans
from gpuinfra.ground.errors import CloudError, ConfigError, HostError
from gpuinfra.ground.model import Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World
from gpuinfra.tools.files import MIN_FREE_MB


def prepare(world: World) -> Settings:
    """Check all that can be checked before anything is contacted; write what Terraform will send.

    Raises:
        ConfigError: a full disk, wrong values, or first-boot instructions that cannot be sent.
    """
    free = world.files.free_mb()
    if free < MIN_FREE_MB:
        raise ConfigError(
            f"the disk has {free} MB free; at least {MIN_FREE_MB} MB are needed, or Terraform's record of"
            " the host could be lost",
            hint="df -h .",
        )
    settings = settings_of(world)
    for warning in world.user_data.write(settings):
        world.reporter.say(warning)
    return settings


def settings_of(world: World) -> Settings:
    """Return the values of this stack.

    Raises:
        ConfigError: they are another stack's: its tags would be looked for, its names changed.
    """
    settings = world.values.read()
    if settings.stack != world.files.name:
        raise ConfigError(
            f"terraform.tfvars says stack = {settings.stack!r}, but this is the directory of the stack"
            f" {world.files.name!r}",
            hint=f"set stack = {json.dumps(world.files.name)} in it",
        )
    return settings


def prove_key(world: World, *, wait: bool) -> None:
    """See that ssh can use the key before a host is paid for; who does not wait for a login is only told.

    Raises:
        ConfigError: it cannot.
    """
    trouble = world.ssh.key_trouble(world.values.private_key(), world.files.name)
    if trouble and wait:
        raise trouble
    if trouble:
        world.reporter.say(f"no login from this machine: {trouble.message} ({trouble.hint})")


def refuse_missing(world: World, settings: Settings, record: Record) -> None:
    """Refuse a new host that EC2 would refuse in the middle of an apply, or that would let nobody in.

    Raises:
        ConfigError: ami_id or key_name are not there, or the key pair is that of another key.
    """
    if record.ids_of("aws_instance") or not (settings.ami_id or settings.key_name):
        return
    cloud, region = world.cloud(settings.region, settings), settings.region
    if settings.ami_id and not cloud.has_image(settings.ami_id):
        raise ConfigError(
            f"{region} shows this account no image {settings.ami_id}: it is gone, in another region, not"
            " shared with the account, or hidden by its Allowed AMIs",
            hint="set ami_id in terraform.tfvars to another image, or to null"
            f"   # aws ec2 get-allowed-images-settings --region {region}",
        )
    if settings.key_name:
        _prove_pair(world, settings, cloud.public_key(settings.key_name))


def _prove_pair(world: World, settings: Settings, theirs: str | None) -> None:
    name, region, private = settings.key_name, settings.region, world.values.private_key()
    if theirs is None:
        raise ConfigError(
            f"EC2 has no key pair {name} in {region}",
            hint=f"aws ec2 describe-key-pairs --region {region}   # set key_name in terraform.tfvars to one",
        )
    if not (mine := world.values.public_key()):
        raise ConfigError(
            f"public_key_path names no public key, by which the key pair {name} could be told",
            hint=f"ssh-keygen -y -f {private} > {private}.pub",
        )
    if theirs not in ("", mine):
        raise ConfigError(
            f"{private}.pub is another key than the key pair {name} of EC2: the host would not let you in",
            hint="set public_key_path in terraform.tfvars to that of the pair, or key_name to null",
        )


def refuse_orphans(world: World, settings: Settings, record: Record) -> None:
    """Refuse to make a second host beside one that an earlier, killed run left behind.

    Raises:
        HostError: there is such a host.
    """
    lost = orphans(world, settings, record)
    if lost:
        stack = world.files.name
        raise HostError(
            f"a host of this stack exists that Terraform does not know of: {describe(lost)}."
            " An earlier run was killed before it could record it, or it is that of another clone or project"
            " with the same names",
            hint=f"{command('recover', stack)} (takes it over) or {command('destroy', stack)} (removes it)",
        )


def tell_orphans(world: World, settings: Settings, record: Record) -> None:
    """Say that `up` would refuse to make a second host; what AWS does not tell stops no plan."""
    try:
        refuse_orphans(world, settings, record)
    except HostError as error:
        world.reporter.say(f"! {error.message}; gpuinfra makes none beside it")
        world.reporter.say(f"next: {error.hint}")
    except CloudError:
        return


def clear_the_way(world: World, settings: Settings, record: Record) -> None:
    """Remove what an earlier run left behind and nobody misses; a disk is not touched.

    Terraform does not know of it: it would make it again, and fail where there can be only one.
    """
    left = leftovers.find(world, settings, record, strangers=()).free_of_worth
    if left:
        world.reporter.say(f"left behind by an earlier run, and made anew: {leftovers.listed(left)}")
        leftovers.remove(world, settings, left)
