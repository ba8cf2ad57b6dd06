"""Keys, kinds and line endings: is it an environment.yml at all? Pure."""

import re
from collections.abc import Callable
from difflib import get_close_matches

from gpuinfra.features.environment.findings import Findings, error, warning
from gpuinfra.features.environment.yaml_document import Document, Entry

KEYS = ("name", "channels", "dependencies", "variables", "prefix")
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}\Z")
DEFAULT_NAME = "gpuinfra"


def lint(document: Document) -> Findings:
    """Check the keys and the kinds of their values."""
    root = document.root
    if root.kind != "mapping":
        yield error(root.line, "an environment needs keys: name, channels, dependencies", "dependencies:")
        return
    yield from _duplicates(root)
    yield from _unknown(root)
    for key, rule in RULES.items():
        yield from rule(root.get(key), root.line)


def line_endings(text: str) -> Findings:
    """Tell of Windows line endings."""
    place = text.find("\r")
    if place >= 0:
        line = text.count("\n", 0, place) + 1
        yield warning(line, "Windows line endings: a lock made from a copy without them will not match")


def _duplicates(root: Entry) -> Findings:
    first: dict[str, int] = {}
    for key, _ in root.pairs:
        if key.text in first:
            yield error(key.line, f"the key {key.text!r} stands on line {first[key.text]} already: one wins")
        first.setdefault(key.text, key.line)


def _unknown(root: Entry) -> Findings:
    for key, _ in root.pairs:
        if key.text in KEYS:
            continue
        near = get_close_matches(key.text.lower(), KEYS, 1, 0.7)
        if near:
            yield error(key.line, f"unknown key {key.text!r}; conda would ignore it", f"{near[0]}:")
        else:
            yield warning(key.line, f"unknown key {key.text!r}: conda ignores it")


def _name(entry: Entry | None, line: int) -> Findings:
    if entry is None or entry.kind == "nothing":
        yield warning(
            line, f"no name: the host calls the environment {DEFAULT_NAME!r}", f"name: {DEFAULT_NAME}"
        )
    elif entry.kind != "text":
        yield error(entry.line, f"name is a {entry.kind}, not text", f'name: "{entry.text}"')
    elif entry.text == "base" or not NAME.match(entry.text):
        allowed = "at most 64 letters, digits, . _ - (and not base)"
        yield error(entry.line, f"name is {entry.text!r} ({len(entry.text)} characters); allowed: {allowed}")


def _channels(entry: Entry | None, line: int) -> Findings:
    if entry is None:
        yield warning(line, "no channels: the host takes conda-forge", "channels: [conda-forge]")
    elif entry.kind != "list":
        yield error(entry.line, f"channels is a {entry.kind}, not a list", "channels: [conda-forge]")
    else:
        for item in entry.items:
            if item.kind != "text":
                yield error(item.line, f"a channel is text, not a {item.kind}")


def _dependencies(entry: Entry | None, line: int) -> Findings:
    if entry is None:
        yield error(line, "there is no list named dependencies", "dependencies:")
    elif entry.kind != "list" or not entry.items:
        yield error(entry.line, "dependencies is not a list with at least one item", "  - python=3.12")
    else:
        for item in entry.items:
            yield from _dependency(item)


def _dependency(item: Entry) -> Findings:
    if item.kind == "number":
        yield error(item.line, f"{item.text} is a number, not a package", f"- python={item.text}")
    elif item.kind == "mapping":
        for key, value in item.pairs:
            yield from _section(key, value)
    elif item.kind != "text":
        yield error(item.line, f"a dependency is text or a pip section, not a {item.kind}")


def _section(key: Entry, value: Entry) -> Findings:
    if not key.text:
        yield error(key.line, "a template or a map in braces, not a package: write its name and version")
    elif key.text != "pip":
        fix = f"- {key.text}={value.text}" if value.text else f"- {key.text}"
        yield error(key.line, f"{key.text!r} has a colon, which only 'pip:' may have", fix)
    elif value.kind == "nothing":
        yield warning(key.line, "the pip section is empty: its lines must stand deeper than 'pip:'")
    elif value.kind != "list":
        yield error(key.line, f"pip is a {value.kind}, not a list")
    else:
        for line in value.items:
            if line.kind != "text":
                yield error(line.line, f"a pip line is text, not a {line.kind}", f'- "{line.text}"')


def _variables(entry: Entry | None, _line: int) -> Findings:
    if entry is not None and entry.kind not in ("mapping", "nothing"):
        yield error(entry.line, f"variables is a {entry.kind}, not names with values")
    for name, value in entry.pairs if entry else ():
        if value.kind in ("number", "boolean") and value.text not in ("0", "1"):
            fix = f'{name.text}: "{value.text}"'
            yield warning(
                value.line, f"{name.text} is a {value.kind} and may change (3.10 reads as 3.1)", fix
            )


def _prefix(entry: Entry | None, _line: int) -> Findings:
    if entry is not None:
        yield warning(entry.line, "prefix is ignored: the host has its own place for the environment")


RULES: dict[str, Callable[[Entry | None, int], Findings]] = {
    "name": _name,
    "channels": _channels,
    "dependencies": _dependencies,
    "variables": _variables,
    "prefix": _prefix,
}
