"""A saved plan, as `terraform show -json` gives it, turned into our words. Pure.

Source: https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gpuinfra.ground.model import UNKNOWN, AttributeChange, Change
from gpuinfra.tools.terraform.events import ACTIONS, NOTE

Json = Mapping[str, Any]
OWN_TAG = re.compile(r"^(root_block_device\.)?tags\.")


def changes(shown: Json) -> tuple[Change, ...]:
    """Return what the plan does to each resource, attribute by attribute."""
    resources = [r for r in shown.get("resource_changes", []) if r["mode"] == "managed"]
    drift = {r["address"]: r["change"] for r in shown.get("resource_drift", [])}
    return tuple(
        Change(
            address=r["address"],
            action=action,
            reason=r.get("action_reason", ""),
            attributes=(*_attributes(r["change"], drift.get(r["address"], {})), *_triggers(r, resources)),
        )
        for r in resources
        if r["type"] != NOTE and (action := _action(r["change"]["actions"]))
    )


def _action(actions: Sequence[str]) -> str:
    """Return our word; which of delete and create comes first depends on the resource."""
    if "create" in actions and "delete" in actions:
        return "replace"
    return actions[0] if actions[0] in ACTIONS else ""


def _attributes(change: Json, drift: Json) -> Iterator[AttributeChange]:
    """Yield what differs between before and after; `drift`: what somebody changed outside of Terraform."""
    before, after = _flat(change.get("before")), _flat(change.get("after"))
    unknown = {name for name, is_unknown in _flat(change.get("after_unknown")).items() if is_unknown is True}
    causes = {_name(path) for path in change.get("replace_paths", [])}
    recorded, seen = _flat(drift.get("before")), _flat(drift.get("after"))
    for name in sorted({*before, *after, *unknown}):
        is_unknown, drifted = _lies_in(name, unknown), recorded.get(name) != seen.get(name)
        if drifted and _is_default_tag(name, recorded, seen):
            continue
        if is_unknown or before.get(name) != after.get(name):
            yield AttributeChange(
                name=name,
                before=_text(before.get(name)),
                after=UNKNOWN if is_unknown else _text(after.get(name)),
                forces_replacement=_lies_in(name, causes),
                drifted=drifted,
            )


def _is_default_tag(name: str, recorded: Mapping[str, object], seen: Mapping[str, object]) -> bool:
    """Tell a tag that nobody has changed at AWS: its value in terraform.tfvars is another one now.

    The provider reads a tag that is none of its default tags any more as one of the resource's own (`tags`).
    """
    twin = OWN_TAG.sub(r"\1tags_all.", name)
    return twin != name and twin in seen and recorded.get(twin) == seen[twin]


def _triggers(resource: Json, resources: Sequence[Json]) -> Iterator[AttributeChange]:
    """Yield the edited values that replace a resource although it has no such argument (`access`)."""
    if resource.get("action_reason") != "replace_by_triggers":
        return
    for note in resources:
        if note["type"] == NOTE and note.get("module_address") == resource.get("module_address"):
            old, new = (note["change"].get(side) or {} for side in ("before", "after"))
            if old and old.get("input") != new.get("input"):
                yield AttributeChange(
                    name=note["name"],
                    before=_text(old.get("input")),
                    after=_text(new.get("input")),
                    forces_replacement=True,
                )


def _flat(value: object, name: str = "") -> dict[str, object]:
    """Return nested values under dotted names, as HCL writes them; empty ones are as good as absent."""
    if isinstance(value, dict):
        parts = {f"{name}.{key}" if name else key: inner for key, inner in value.items()}
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        parts = {_name([name, n]): inner for n, inner in enumerate(value)}
    else:
        return {} if value in (None, []) else {name: value}
    return {leaf: v for part, inner in parts.items() for leaf, v in _flat(inner, part).items()}


def _name(path: Sequence[str | int]) -> str:
    """Return a path as a dotted name; the first block of a kind, mostly the only one, has no number."""
    return ".".join(str(part) for part in path if part != 0)


def _lies_in(name: str, names: set[str]) -> bool:
    return any(f"{name}.".startswith(f"{it}.") for it in names)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
