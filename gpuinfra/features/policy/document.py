"""Policies as IAM takes them, made of rights: as narrow as the table, none longer than AWS allows. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gpuinfra.features.policy.chosen import Chosen
from gpuinfra.features.policy.rights import ANY, RIGHTS, Right

# Of a managed policy, white space not counted; a user or a role takes ten of them:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MOST_CHARACTERS = 6144
VERSION = "2012-10-17"
MARKS = ("stack", "owner")
Statement = dict[str, Any]
Document = dict[str, Any]


def documents(chosen: Chosen) -> list[Document]:
    """Return the policies of whoever makes this stack's host, changes it and removes it."""
    return packed(statements(wanted(chosen), chosen))


def wanted(chosen: Chosen) -> list[Right]:
    """Return the rights that the options of a stack need."""
    options = chosen.options
    return [right for right in RIGHTS if not right.when or options.intersection(right.when)]


def statements(rights: Iterable[Right], chosen: Chosen) -> list[Statement]:
    """Return rights as statements: those on the same things under the same conditions become one."""
    found: dict[str, Statement] = {}
    for right in rights:
        on = sorted(place.format_map(chosen.places) for place in right.on)
        conditions = _conditions(right, chosen)
        statement: Statement = {"Sid": right.sid, "Effect": "Allow", "Action": [], "Resource": on}
        statement |= {"Condition": conditions} if conditions else {}
        same = json.dumps([on, conditions], sort_keys=True)
        actions = found.setdefault(same, statement)["Action"]
        actions += [action for action in right.actions.split() if action not in actions]
    return list(_named(found.values()))


def _conditions(right: Right, chosen: Chosen) -> Mapping[str, Mapping[str, str]]:
    found = {
        operator: {key: value.format_map(chosen.places) for key, value in keys.items()}
        for operator, keys in right.if_.items()
    }
    if right.where != ANY:
        marks = {f"{right.where}/gpuinfra:{mark}": str(getattr(chosen.settings, mark)) for mark in MARKS}
        found["StringEquals"] = {**found.get("StringEquals", {}), **marks}
    return found


def _named(found: Iterable[Statement]) -> Iterator[Statement]:
    """Sort the actions, and give statements of one name numbers: a name may stand in a policy once."""
    seen: dict[str, int] = {}
    for one in found:
        seen[one["Sid"]] = number = seen.get(one["Sid"], 0) + 1
        yield {
            **one,
            "Sid": one["Sid"] if number == 1 else f"{one['Sid']}{number}",
            "Action": sorted(one["Action"]),
        }


def packed(found: Iterable[Statement]) -> list[Document]:
    """Put statements into as few policies as AWS's limit allows, in their order."""
    policies: list[Document] = []
    for statement in found:
        last = policies[-1]["Statement"] if policies else []
        if not policies or size({"Version": VERSION, "Statement": [*last, statement]}) > MOST_CHARACTERS:
            policies.append({"Version": VERSION, "Statement": [statement]})
        else:
            last.append(statement)
    return policies


def size(policy: Document) -> int:
    """Return the length of a policy in characters, as AWS counts it."""
    return len("".join(json.dumps(policy, separators=(",", ":")).split()))
