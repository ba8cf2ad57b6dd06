"""`allow`: let the caller's present address in; the host itself is not touched."""

import ipaddress

from gpuinfra.features.provision import progress
from gpuinfra.features.provision.outcome import check
from gpuinfra.features.provision.preflight import settings_of
from gpuinfra.features.provision.resource_names import HOST
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Record
from gpuinfra.ground.world import World

SECURITY_GROUP = f"{HOST}module.security_group"


def allow(world: World, *, cidr: str, add: bool) -> tuple[str, ...]:
    """Put `cidr` in the place of the single addresses in allowed_cidrs; ranges stay, with `add` all stay.

    Raises:
        ConfigError: `cidr` is not one, or the host is a private one.
        GpuInfraError: what AWS or Terraform refused.
    """
    wanted = normal(cidr)
    settings = settings_of(world)
    if settings.access == "ssm":
        raise ConfigError('access is "ssm": no address is let in, the host has no open port')
    kept = [c for c in settings.allowed_cidrs if add or not _is_single(c)]
    cidrs = tuple(dict.fromkeys([*kept, wanted]))
    world.values.change({"allowed_cidrs": list(cidrs)})
    record = world.state.read()
    if not record.resources:
        world.reporter.say(f"allowed_cidrs is now {', '.join(cidrs)}; there is no host yet")
        return cidrs
    terraform = world.terraform()
    with progress.shown(world, "Authorising") as on_progress:
        terraform.init()
        if _is_from_before(record):
            check(world, terraform.refresh(on_progress=on_progress), settings)
        outcome = terraform.apply(None, replace=[], target=[SECURITY_GROUP], on_progress=on_progress)
    check(world, outcome, settings)
    world.reporter.say(f"ssh is open to {', '.join(cidrs)} and to nobody else")
    return cidrs


def _is_from_before(record: Record) -> bool:
    """Tell whether the state names its objects as before modules/host was one module.

    Terraform refuses to change one of them alone while moves of the others are pending.
    """
    return any(address.startswith("module.") and not address.startswith(HOST) for address in record.resources)


def normal(cidr: str) -> str:
    """Return a CIDR in its canonical form; a bare address becomes a /32 or /128.

    Raises:
        ConfigError: it is not one, or it is wider than the module takes.
    """
    try:
        network = ipaddress.ip_network(cidr.strip(), strict=False)
        if "%" in str(network):
            raise ValueError("an address on one wire (fe80::1%eth0) means nothing elsewhere")
    except ValueError:
        raise ConfigError(
            f"{cidr!r} is no address or CIDR", hint="gpuinfra allow --cidr 203.0.113.7/32"
        ) from None
    if network.prefixlen < (24 if network.version == 4 else 64):
        raise ConfigError(
            f"{network} is too wide: at most 256 addresses (/24, or /64 for IPv6) may be let in",
            hint="gpuinfra allow   # finds your own address",
        )
    return str(network)


def _is_single(cidr: str) -> bool:
    return cidr.endswith(("/32", "/128"))
