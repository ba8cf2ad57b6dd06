"""A state with some things taken out of it, or as an earlier state has them. Pure.

Not by `terraform state rm`: that empties the file before it writes it, so that a kill loses all, and leaves a
copy with its secrets that everybody can read, at each call. Here it is one file in the place of another.
"""

from collections.abc import Collection
from typing import Any

from gpuinfra.tools.terraform import recorded

State = dict[str, Any]


def without(state: State, addresses: Collection[str]) -> State:
    """Return a state that has forgotten these addresses; Terraform counts its versions by the serial."""
    return {**state, "serial": state["serial"] + 1, "resources": _left(state, addresses)}


def with_those_of(state: State, before: State, addresses: Collection[str]) -> State:
    """Return a state in which these addresses, and all outputs, are as in an earlier one of the stack."""
    every = {address for resource in before["resources"] for address in _addresses(resource)}
    theirs = _left(before, every - {*addresses})
    resources = [*_left(state, addresses)]
    for one in theirs:
        same = next((it for it in resources if _name(it) == _name(one)), None)
        if same is None:
            resources.append(one)
        else:
            place = resources.index(same)
            resources[place] = {**same, "instances": [*same["instances"], *one["instances"]]}
    serial = max(state["serial"], before["serial"]) + 1
    return {**state, "serial": serial, "outputs": before.get("outputs", {}), "resources": resources}


def _left(state: State, addresses: Collection[str]) -> list[State]:
    """Return the resources without these addresses; one that was earlier has an address of its own."""
    found = []
    for resource in state["resources"]:
        instances = [it for it in resource["instances"] if recorded.address(resource, it) not in addresses]
        if instances or not resource["instances"]:
            found.append({**resource, "instances": instances})
    return found


def _addresses(resource: State) -> list[str]:
    return [recorded.address(resource, it) for it in resource["instances"]]


def _name(resource: State) -> tuple[object, ...]:
    return tuple(resource.get(part) for part in ("module", "mode", "type", "name"))
