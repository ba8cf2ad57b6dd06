"""How AWS is asked for what a stack has made: page by page, and on where the caller may not ask."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore import exceptions as boto

STACK, OWNER = "gpuinfra:stack", "gpuinfra:owner"
DENIED = ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException")


class Asking:
    """What AWS refuses to tell this caller does not end a search: it is noted."""

    def __init__(self) -> None:
        self.unasked: list[str] = []

    @contextmanager
    def __call__(self, service: str, *, is_told: bool = True) -> Iterator[None]:
        """Go on behind this block where AWS says that the caller may not ask."""
        try:
            yield
        except boto.ClientError as error:
            if code(error) not in DENIED:
                raise
            if is_told:
                self.unasked.append(f"{service}:{error.operation_name}")


def code(error: boto.ClientError) -> str:
    """Return AWS's word for an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def items(client: Any, operation: str, key: str, **given: Any) -> Iterator[Any]:
    """Return what an operation lists below `key`, all pages of it; instances without their reservations."""
    if client.can_paginate(operation):
        pages = client.get_paginator(operation).paginate(**given)
    else:
        pages = [getattr(client, operation)(**given)]
    for page in pages:
        for found in page.get(key, []):
            yield from found.get("Instances", []) if key == "Reservations" else [found]


def tagged_as(raw: Mapping[str, Any], marks: Mapping[str, str]) -> str | None:
    """Return the owner whom the tags of something name, None where it does not carry all the marks."""
    tags = {tag["Key"]: tag["Value"] for tag in raw.get("Tags", [])}
    return tags.get(OWNER, "") if marks.items() <= tags.items() else None
