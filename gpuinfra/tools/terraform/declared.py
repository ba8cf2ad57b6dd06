"""What our HCL declares: variables, their defaults, the rules for their values. One home for each: HCL.

Read as text: `terraform fmt` keeps its form, and a parser would cost every command 100 ms more.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.tools.terraform.hcl_text import unquoted

VARIABLE = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.M | re.S)
DEFAULT = re.compile(r"^  default += (.+)$", re.M)
VALIDATION = re.compile(r"^  validation \{\n(.*?)^  \}", re.M | re.S)
PATTERN = re.compile(r'\bregex\("((?:[^"\\]|\\.)*)", var\.\w+\)')
MESSAGE = re.compile(r'error_message = "((?:[^"\\]|\\.|\$\{.*?\})*)"')


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A pattern that the whole of a value must fit, and Terraform's message where it does not."""

    pattern: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A variable; `has_default` is False where the user must say a value."""

    has_default: bool
    default: object
    rules: tuple[Rule, ...]


def variables(files: Sequence[Path], *, module: Sequence[Path] = ()) -> dict[str, Variable]:
    """Return the variables that the root's files declare, with the rules of `module`, which takes them."""
    rules = {name: _rules(body) for name, body in _blocks(module)}
    found = {}
    for name, body in _blocks(files):
        default = DEFAULT.search(body)
        found[name] = Variable(
            has_default=default is not None,
            default=_literal(default[1]) if default else None,
            rules=(*_rules(body), *rules.get(name, ())),
        )
    return found


def refusal(name: str, value: str, declared: dict[str, Variable]) -> str:
    """Return what Terraform would say of a value, empty when it fits."""
    for rule in declared[name].rules if name in declared else ():
        if not re.fullmatch(rule.pattern.removeprefix("^").removesuffix("$"), value):
            return rule.message.replace(f"${{jsonencode(var.{name})}}", json.dumps(value))
    return ""


def _blocks(files: Sequence[Path]) -> Iterator[tuple[str, str]]:
    for path in files:
        yield from VARIABLE.findall(path.read_text(encoding="utf-8"))


def _rules(body: str) -> tuple[Rule, ...]:
    pairs = [(PATTERN.search(it), MESSAGE.search(it)) for it in VALIDATION.findall(body)]
    texts = [(unquoted(p[1]), m[1]) for p, m in pairs if p and m]
    return tuple(Rule(pattern=p, message=m) for p, m in texts if isinstance(p, str))


def _literal(text: str) -> object:
    with suppress(ValueError):
        return json.loads(text)
    return None
