"""The user's own tags, as the resources in a state bear them. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

# Name and gpuinfra:... are of gpuinfra itself, some on the host alone; aws:... are AWS's.
STACK = "gpuinfra:stack"
NOT_THE_USERS = ("gpuinfra:", "aws:")


def users_tags(found: Iterable[tuple[object, Iterable[Mapping[str, Any]]]]) -> dict[str, str]:
    """Return `tags` of terraform.tfvars as it was applied, expressions evaluated; what is odd is left out.

    found: each resource with its instances. Of all of them: a key with a space or a / is on everything but
    the host.
    """
    attributes = (it.get("attributes") for _, instances in found for it in instances)
    return {
        key: value
        for one in attributes
        if isinstance(one, dict) and isinstance(tags := one.get("tags_all"), dict) and STACK in tags
        for key, value in tags.items()
        if isinstance(value, str) and key != "Name" and not key.startswith(NOT_THE_USERS)
    }
