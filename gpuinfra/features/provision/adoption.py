"""Which address of our modules a thing that runs at AWS belongs to. Pure.

The addresses, with their keys, are those that Terraform itself would make without a state: nothing of the
modules is repeated here but what tells two of a kind apart.
"""

import re
from collections.abc import Mapping, Sequence

from gpuinfra.ground.model import UNKNOWN, Change, Part

ADDRESS = re.compile(r"(?P<module>.*\.|)(?P<kind>aws_\w+)\.(?P<name>\w+.*)")
GROUP, SUBNET = "aws_security_group", "aws_subnet"
# A rule lies in the group of its module; a route table, and its tie, have the name of their subnet.
OF_A_GROUP = ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule")
# A recovered host gets a new lease; the old one is found by its tags, and removed.
OF_THE_LEASE = "lease["
OF_A_SUBNET = ("aws_route_table", "aws_route_table_association")


def addresses(planned: Sequence[Change], parts: Sequence[Part]) -> dict[str, str]:
    """Return address -> id for `terraform import`, of what a plan would make and is there already."""
    found: dict[str, str] = {}
    left = list(parts)
    for change in sorted(planned, key=_comes_later):
        for part in left:
            if _is(change, part, found):
                found[change.address] = part.import_id
                left.remove(part)
                break
    return found


def _comes_later(change: Change) -> bool:
    """Tell what waits for another thing, or only looks like one: a role that is there is that of the host."""
    address = _split(change.address)
    return address["kind"] in (*OF_A_GROUP, *OF_A_SUBNET) or address["name"].startswith(OF_THE_LEASE)


def _is(change: Change, part: Part, found: Mapping[str, str]) -> bool:
    """Tell whether a thing is what a plan would make at an address."""
    address = _split(change.address)
    if address["kind"] != part.kind:
        return False
    planned = {a.name: a.after for a in change.attributes}
    if any(planned.get(name) not in (value, UNKNOWN) for name, value in part.values.items()):
        return False
    if part.kind in OF_A_GROUP:
        groups = {n: v for n, v in found.items() if n.startswith(f"{address['module']}{GROUP}.")}
        return part.part_of in groups.values()
    return part.kind not in OF_A_SUBNET or part.part_of == found.get(
        f"{address['module']}{SUBNET}.{address['name']}"
    )


def _split(address: str) -> Mapping[str, str]:
    match = ADDRESS.fullmatch(address)
    return match.groupdict() if match else {"module": "", "kind": "", "name": address}
