"""Rows of `status` about a host: what was recorded, and what EC2 says now where that differs. Pure."""

from collections.abc import Sequence

from gpuinfra.ground.model import Host, HostDetails, Instance
from gpuinfra.ground.pool import ON_DEMAND


def rows(host: Host, now: Instance | None, details: HostDetails | None) -> list[tuple[str, object]]:
    """Return what EC2 says of the host, beside what was recorded where that differs."""
    if now is None or details is None:
        return list(_recorded_rows(host, now).items())
    seen = {
        "type": _type(now.instance_type, details.gpu_count, now.market),
        "public IP": _address(host, now.public_ip),
        "region": now.availability_zone,
        "image": f"{host.image_name} ({now.ami_id})",
        "disk": f"{details.root_volume_size_gb} GB",
        "ssh from": _way_in(host, details.ssh_from),
        "group": ", ".join(sorted(now.security_group_ids)),
    }
    group = ", ".join(host.security_group_ids) or host.security_group_id
    told = {**_recorded_rows(host, now), "group": group}
    if not host.security_group_id:  # the rules are others' and may change; nothing was recorded of them
        told["ssh from"] = seen["ssh from"]
    shown = [(name, _marked(seen.get(name, recorded), recorded)) for name, recorded in told.items()]
    return [row for row in shown if row != ("group", group) or not host.security_group_id]


def _marked(seen: str, recorded: str) -> str:
    return seen if seen == recorded else f"{seen}   (differs: recorded was {recorded})"


def _recorded_rows(host: Host, now: Instance | None) -> dict[str, str]:
    return {
        "host": host.instance_id,
        "type": _type(host.instance_type, host.gpu_count, host.market),
        "public IP": _address(host, now.public_ip if now and host.is_private else host.public_ip),
        "region": host.availability_zone,
        "image": f"{host.image_name} ({host.ami_id})",
        "disk": f"{host.root_volume_size_gb} GB",
        "ssh from": _way_in(host, host.allowed_cidrs),
    }


def _type(instance_type: str, gpu_count: int, market: str) -> str:
    return f"{instance_type} ({gpu_count} GPU{'' if market == ON_DEMAND else f', {market}'})"


def _address(host: Host, address: str) -> str:
    """Return an address with what it is for; that of a private host may change as it likes."""
    if not host.is_private or not address:
        return f"{address or 'none'}{' (access = ssm)' if host.is_private else ''}"
    return f"{address}, the way out only: nobody is let in"


def _way_in(host: Host, cidrs: Sequence[str]) -> str:
    return "anywhere, by Session Manager" if host.is_private else ", ".join(sorted(cidrs)) or "nowhere"
