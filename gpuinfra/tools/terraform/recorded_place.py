"""Where a host is, as its resource in a state says. Pure.

Not as the outputs say: an apply that was to replace it, and failed, has left those that were planned.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gpuinfra.ground.pool import CAPACITY_BLOCK, ON_DEMAND

PLACE = ("instance_type", "availability_zone")


def true_outputs(outputs: Mapping[str, object], hosts: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """Return the outputs with type, zone and market of the instance that they name; odd ones stay."""
    found = [it["attributes"] for it in hosts if isinstance(it.get("attributes"), dict)]
    named = [one for one in found if one.get("id") and one.get("id") == outputs.get("instance_id")]
    if not named:
        return dict(outputs)
    true = {name: named[0].get(name) for name in PLACE}
    if "market" in outputs:
        # the provider reads nothing of a Capacity Block: only what was asked for tells
        other = CAPACITY_BLOCK if outputs["market"] == CAPACITY_BLOCK else ON_DEMAND
        true["market"] = named[0].get("instance_lifecycle") or other
    return {**outputs, **{name: value for name, value in true.items() if isinstance(value, str) and value}}
