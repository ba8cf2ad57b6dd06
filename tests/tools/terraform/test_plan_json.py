"""A saved plan, attribute by attribute."""

from typing import Any

import pytest

from gpuinfra.ground.model import AttributeChange
from gpuinfra.tools.terraform import plan_json


def attributes(before: Any, after: Any, *, drift: Any = None, **more: Any) -> list[AttributeChange]:
    """Return the differences of one resource."""
    resource = {"address": "a.b", "type": "a", "mode": "managed", "name": "b"}
    change = {"actions": ["update"], "before": before, "after": after, **more}
    shown: dict[str, Any] = {"resource_changes": [{**resource, "change": change}]}
    if drift:
        shown["resource_drift"] = [{**resource, "change": drift}]
    (found,) = plan_json.changes(shown)
    return list(found.attributes)


def test_what_stands_in_a_block_is_named_by_it() -> None:
    """A disk that grew is one line, not a block of JSON cut in the middle."""
    before = {"root_block_device": [{"volume_size": 300, "iops": 3000, "tags": {}}]}
    after = {"root_block_device": [{"volume_size": 128, "iops": 3000, "tags": None}]}
    assert attributes(before, after) == [
        AttributeChange(name="root_block_device.volume_size", before="300", after="128")
    ]


def test_a_second_block_has_a_number() -> None:
    """The first of a kind, mostly the only one, has none."""
    names = [a.name for a in attributes({"rule": [{"n": 1}, {"n": 1}]}, {"rule": [{"n": 2}, {"n": 2}]})]
    assert names == ["rule.1.n", "rule.n"]


def test_tags_are_told_one_by_one() -> None:
    """A tag more, a tag less."""
    found = attributes({"tags": {"a": "1", "b": "2"}}, {"tags": {"a": "1", "c": "3"}})
    assert [(a.name, a.before, a.after) for a in found] == [("tags.b", "2", "null"), ("tags.c", "null", "3")]


@pytest.mark.parametrize(
    ("recorded", "seen", "drifted"), [("a", "b", True), ("b", "b", False), (None, None, False)]
)
def test_who_changed_it(recorded: str | None, seen: str | None, drifted: bool) -> None:
    """What differs from the record already was changed outside; mere presence in the drift says nothing."""
    drift = {"before": {"zone": recorded, "tags": None}, "after": {"zone": seen, "tags": {}}}
    (found,) = attributes({"zone": "b"}, {"zone": "a"}, drift=drift)
    assert found.drifted is drifted


@pytest.mark.parametrize("block", [False, True])
@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ("ada", [("tags_all", False)]),  # owner was edited in terraform.tfvars
        ("eve", [("tags", True), ("tags_all", True)]),  # somebody changed the tag at AWS
    ],
)
def test_an_edited_default_tag_was_not_changed_outside(seen: str, told: Any, block: bool) -> None:
    """The provider reads it as one of the resource's own tags as soon as its value is no default tag's."""

    def of(tags: dict[str, str], tags_all: dict[str, str]) -> dict[str, Any]:
        both = {"tags": tags, "tags_all": tags_all}
        return {"root_block_device": [both]} if block else both

    before = of({"owner": seen}, {"owner": seen})
    drift = {"before": of({}, {"owner": "ada"}), "after": before}
    found = attributes(before, of({}, {"owner": "bob"}), drift=drift)
    assert [(a.name.split(".")[-2], a.drifted) for a in found] == told


def test_a_whole_block_that_is_not_known_yet() -> None:
    """It is named as unknown, and as the cause, also when only a value within it is."""
    more: Any = {"after_unknown": {"network": True}, "replace_paths": [["network", 0, "id"]]}
    found = attributes({"network": [{"id": "eni-1"}]}, {}, **more)
    cause = AttributeChange(
        name="network.id", before="eni-1", after="(known after apply)", forces_replacement=True
    )
    assert [a for a in found if a.forces_replacement] == [cause]
