"""`allow`: let the caller's present address in; the host itself is not touched."""

import ipaddress
from collections.abc import Sequence

from gpuinfra.features.provision import firewall, progress
from gpuinfra.features.provision.outcome import check
from gpuinfra.features.provision.preflight import settings_of
from gpuinfra.features.provision.resource_names import SECURITY_GROUP
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import FirewallRule, Record, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

# Addresses that are of one network only: what AWS sees of such a host is another one.
PRIVATE = [
    ipaddress.ip_network(it)
    for it in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
]


def allow(world: World, *, cidr: str, add: bool) -> tuple[str, ...]:
    """Put `cidr` in the place of the single addresses in allowed_cidrs; ranges stay, with `add` all stay.

    Raises:
        ConfigError: `cidr` is not one, or the host is a private one.
        GpuInfraError: what AWS or Terraform refused.
    """
    wanted = normal(cidr)
    if not add:
        _refuse_private(wanted)
    settings = settings_of(world)
    if settings.access == "ssm":
        raise ConfigError(
            'access is "ssm": no address is let in, the host has no open port',
            hint=f"{command('ssh', world.files.name)}   # by Session Manager, from anywhere",
        )
    if settings.security_group_ids:
        raise _others_rules(settings, wanted)
    kept = [c for c in settings.allowed_cidrs if add or not _is_single(c)]
    cidrs = tuple(dict.fromkeys([*kept, wanted]))
    world.values.change({"allowed_cidrs": list(cidrs)})
    record = world.state.read()
    if not record.resources:
        world.reporter.say(f"allowed_cidrs is now {', '.join(cidrs)}; there is no host yet")
        return cidrs
    others = _apply(world, settings, record, cidrs)
    world.reporter.say(f"ssh is open to {', '.join(cidrs)}" + ("" if others else " and to nobody else"))
    for line in firewall.told(others, settings.region):
        world.reporter.say(line)
    return cidrs


def _apply(world: World, settings: Settings, record: Record, cidrs: Sequence[str]) -> list[FirewallRule]:
    """Make the new rules before the old ones go; return the rules that are not ours and stay."""
    terraform, foreign = world.terraform(), firewall.foreign(world, record)
    wanted = [firewall.ssh_rule(cidr) for cidr in cidrs]
    new = [firewall.ssh_rule(cidr) for cidr in cidrs if cidr not in settings.allowed_cidrs]
    goes = set(settings.allowed_cidrs) - set(cidrs)
    with progress.shown(world, "Authorising") as on_progress:
        terraform.init()
        if _is_from_before(record):
            check(world, terraform.refresh(on_progress=on_progress), settings)
        firewall.take_over(terraform, foreign, record, wanted)
        for target in [new, [SECURITY_GROUP]] if new and goes else [[SECURITY_GROUP]]:
            outcome = terraform.apply(None, replace=[], target=target, on_progress=on_progress)
            check(world, outcome, settings)
    return [rule for rule in foreign if not firewall.is_ours(rule, record, wanted)]


def _others_rules(settings: Settings, cidr: str) -> ConfigError:
    ranges = f"Ipv6Ranges=[{{CidrIpv6={cidr}}}]" if ":" in cidr else f"IpRanges=[{{CidrIp={cidr}}}]"
    return ConfigError(
        f"security_group_ids is {', '.join(settings.security_group_ids)}: the rules of these groups say who"
        " gets in, and they are not gpuinfra's to change",
        hint=f"aws ec2 authorize-security-group-ingress --region {settings.region}"
        f" --group-id {settings.security_group_ids[0]}"
        f" --ip-permissions 'IpProtocol=tcp,FromPort=22,ToPort=22,{ranges}'",
    )


def _refuse_private(cidr: str) -> None:
    """Refuse to put an address into the place of one's own that AWS never sees.

    Raises:
        ConfigError: it is a private one.
    """
    network = ipaddress.ip_network(cidr)
    if any(network.version == it.version and network.subnet_of(it) for it in PRIVATE):  # type: ignore[arg-type]
        raise ConfigError(
            f"{cidr} is a private address: AWS sees your public one, whose place it would take",
            hint="gpuinfra allow   # finds your public address; --add lets a private one in beside it",
        )


def _is_from_before(record: Record) -> bool:
    """Tell whether the state has the group under a name that it had in an earlier tree, or not at all.

    Terraform refuses to change one of its objects alone while moves of the others are pending.
    """
    return f"{SECURITY_GROUP}.aws_security_group.this" not in record.resources


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
    if (
        str(network)[:2] == "0."
        or network.is_loopback
        or network.is_link_local
        or network.is_multicast
        or network.is_reserved
    ):
        raise ConfigError(
            f"nobody comes from {network}: it is a loopback, link-local, multicast or reserved address",
            hint="gpuinfra allow   # finds your own address",
        )
    return str(network)


def _is_single(cidr: str) -> bool:
    return cidr.endswith(("/32", "/128"))
