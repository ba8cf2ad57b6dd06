"""How IAM judges one need by policies: is this action allowed on this resource, in this context? Pure.

What is judged: Allow and Deny, Action and NotAction, Resource and NotResource with * and ?, and the
conditions below. What this does not know (principals, most variables) makes check() refuse the policy.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Literal, Self

Decision = Literal["allowed", "implicitDeny", "explicitDeny"]  # the words of SimulatePrincipalPolicy
Policy = Mapping[str, Any]
Match = Callable[[str, str], bool]

ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
VARIABLES = {"${aws:userid}", "${aws:username}"}
EITHER = (("Action", "NotAction"), ("Resource", "NotResource"))


@dataclass(frozen=True, kw_only=True)
class Need:
    """One thing that a call needs: an action on a resource; one call may need several.

    resource: an ARN, or `*` for an action that knows no resource.
    context: condition keys in lower case, such as `aws:requesttag/team`, each with its values.
    """

    action: str
    resource: str = "*"
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Build from decoded JSON."""
        context = {key: tuple(values) for key, values in raw["context"].items()}
        return cls(action=raw["action"], resource=raw["resource"], context=context)

    def to_json(self) -> dict[str, Any]:
        """Return what from_json reads."""
        return dataclasses.asdict(self)


def decide(policies: Iterable[Policy], need: Need) -> Decision:
    """Judge a need: one Deny decides, then one Allow, else it is refused."""
    effects = {
        str(statement["Effect"])
        for policy in policies
        for statement in _statements(policy)
        if _applies(statement, need)
    }
    return "explicitDeny" if "Deny" in effects else "allowed" if "Allow" in effects else "implicitDeny"


def check(policy: Policy) -> None:
    """Raise ValueError for what this module could not judge as AWS does."""
    for statement in _statements(policy):
        unknown = statement.keys() - ELEMENTS
        if unknown or statement.get("Effect") not in {"Allow", "Deny"}:
            raise ValueError(
                f"a statement has Effect {statement.get('Effect')!r} and unknown {sorted(unknown)}"
            )
        for pair in EITHER:
            if sum(name in statement for name in pair) != 1:
                raise ValueError(f"a statement needs one of {' and '.join(pair)}: {statement}")
        for operator in statement.get("Condition", {}):
            _operator(operator)
        if set(re.findall(r"\$\{[^}]*\}", str(statement))) - VARIABLES:
            raise ValueError(f"policy variables are known here in part: {statement}")


def _statements(policy: Policy) -> Sequence[Mapping[str, Any]]:
    found = policy["Statement"]
    return [found] if isinstance(found, Mapping) else found


def _applies(statement: Mapping[str, Any], need: Need) -> bool:
    return (
        _named(statement, "Action", need.action.lower(), str.lower)
        and _named(statement, "Resource", need.resource, lambda pattern: _filled(pattern, need.context))
        and all(
            _holds(operator, key.lower(), _listed(wanted), need.context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _named(statement: Mapping[str, Any], element: str, value: str, fold: Callable[[str], str]) -> bool:
    patterns = _listed(statement.get(element, statement.get(f"Not{element}")))
    return any(_like(value, fold(pattern)) for pattern in patterns) is (element in statement)


def _filled(pattern: str, context: Mapping[str, tuple[str, ...]]) -> str:
    """Put who calls into a pattern; what is not known matches nothing."""
    for variable in VARIABLES:
        values = context.get(variable[2:-1], ("\0",))
        pattern = pattern.replace(variable, values[0])
    return pattern


def _listed(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def _like(value: str, pattern: str) -> bool:
    return _regex(pattern).fullmatch(value) is not None


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"([*?])", pattern)
    return re.compile("".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts), re.DOTALL)


def _when(text: str) -> datetime:
    return datetime.fromisoformat(text)


_MATCHES: Mapping[str, Match] = {
    "StringEquals": str.__eq__,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "NumericEquals": lambda value, wanted: float(value) == float(wanted),
    "NumericLessThan": lambda value, wanted: float(value) < float(wanted),
    "NumericLessThanEquals": lambda value, wanted: float(value) <= float(wanted),
    "NumericGreaterThan": lambda value, wanted: float(value) > float(wanted),
    "DateLessThan": lambda value, wanted: _when(value) < _when(wanted),
    "DateGreaterThan": lambda value, wanted: _when(value) > _when(wanted),
}
_NEGATED = {"StringNotEquals": "StringEquals", "StringNotLike": "StringLike", "ArnNotLike": "ArnLike"}


@dataclass(frozen=True, kw_only=True)
class _Operator:
    quantifier: str
    match: Match | None  # None: Null
    negated: bool
    if_exists: bool


@cache
def _operator(name: str) -> _Operator:
    quantifier, _, rest = name.rpartition(":")
    base = rest.removesuffix("IfExists")
    match = _MATCHES.get(_NEGATED.get(base, base))
    if quantifier not in {"", "ForAllValues", "ForAnyValue"} or (match is None and rest != "Null"):
        raise ValueError(f"no such condition operator here: {name}")
    return _Operator(quantifier=quantifier, match=match, negated=base in _NEGATED, if_exists=base != rest)


def _holds(name: str, key: str, wanted: Sequence[str], context: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether one condition holds; a key that is not there fails it, but for the negated operators."""
    operator, values = _operator(name), context.get(key, ())
    match = operator.match
    if match is None:
        return str(not values).lower() in wanted
    if not values:
        return (
            operator.if_exists
            or operator.quantifier == "ForAllValues"
            or (operator.negated and operator.quantifier == "")
        )
    each: Iterator[bool] = (
        any(match(value, one) for one in wanted) is not operator.negated for value in values
    )
    return any(each) if operator.quantifier == "ForAnyValue" else all(each)
