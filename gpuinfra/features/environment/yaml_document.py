"""environment.yml as entries with their lines, as written; the only importer of yaml in this package."""

import re
from dataclasses import dataclass

import yaml

ADVICE = {
    "found character '\\t' that cannot start any token": "a tab in the indentation: YAML wants spaces",
    "mapping values are not allowed here": "a colon where none may be, or a wrong indentation",
    "could not find expected ':'": "a colon is missing after a key here or on the line before",
}


class NotYaml(Exception):
    """The text is no YAML: line and plain words."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One node as it stands in the file; kind: text, number, boolean, nothing, list or mapping."""

    line: int
    kind: str
    text: str = ""
    items: tuple["Entry", ...] = ()
    pairs: tuple[tuple["Entry", "Entry"], ...] = ()

    def get(self, key: str) -> "Entry | None":
        """Return the value of a key; the last one counts, as for conda."""
        found = [value for name, value in self.pairs if name.text == key]
        return found[-1] if found else None


@dataclass(frozen=True, kw_only=True)
class Document:
    """The parts that decide what is installed."""

    root: Entry
    channels: tuple[Entry, ...] = ()
    conda: tuple[Entry, ...] = ()
    pip: tuple[Entry, ...] = ()


def parse(text: str) -> Document:
    """Return the document; what has a wrong form is left out of the three lists, it stays in `root`.

    Raises:
        NotYaml: with the line.
    """
    root = _root(text)
    dependencies = _items(root.get("dependencies"))
    sections = [entry.get("pip") for entry in dependencies if entry.kind == "mapping"]
    return Document(
        root=root,
        channels=tuple(e for e in _items(root.get("channels")) if e.kind == "text"),
        conda=tuple(e for e in dependencies if e.kind == "text"),
        pip=tuple(e for section in sections for e in _items(section) if e.kind == "text"),
    )


def plain_value(entry: Entry) -> object:
    """Return an entry as the plain value that conda would read: 1, true, text, a list, a mapping."""
    if entry.kind == "list":
        return [plain_value(item) for item in entry.items]
    if entry.kind == "mapping":
        return {key.text: plain_value(value) for key, value in entry.pairs}
    return yaml.safe_load(entry.text) if entry.kind in ("number", "boolean", "nothing") else entry.text


def _root(text: str) -> Entry:
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.reader.ReaderError as problem:
        raise NotYaml(text.count("\n", 0, problem.position) + 1, _strange(problem)) from None
    except yaml.MarkedYAMLError as problem:
        raise _explained(problem) from None
    except RecursionError:
        raise NotYaml(1, "nested too deeply") from None
    return Entry(line=1, kind="nothing") if node is None else _entry(node, depth=0, counted=[0])


def _strange(problem: yaml.reader.ReaderError) -> str:
    return f"the character U+{int(problem.character):04X} is not allowed in YAML"


def _explained(problem: yaml.MarkedYAMLError) -> NotYaml:
    mark = problem.problem_mark or problem.context_mark
    words = str(problem.problem or problem.context)
    return NotYaml(mark.line + 1 if mark else 1, f"not valid YAML: {ADVICE.get(words, words)}")


# Deeper than this nothing is looked at, so an alias that contains itself does no harm; nor are more entries,
# for an alias stands for all that it names, and aliases of aliases for its powers.
MAX_DEPTH, MAX_ENTRIES = 5, 20_000


def _entry(node: yaml.Node, *, depth: int, counted: list[int]) -> Entry:
    line = node.start_mark.line + 1
    counted[0] += 1
    if counted[0] > MAX_ENTRIES:
        raise NotYaml(
            line, f"more than {MAX_ENTRIES:,} entries; what an alias (*) stands for counts each time"
        )
    if isinstance(node, yaml.ScalarNode):
        return Entry(line=line, kind=_kind(node.tag), text=node.value)
    if depth == MAX_DEPTH:
        return Entry(line=line, kind="nothing")
    if isinstance(node, yaml.SequenceNode):
        items = tuple(_entry(item, depth=depth + 1, counted=counted) for item in node.value)
        return Entry(line=line, kind="list", items=items)
    pairs = tuple(
        (_entry(k, depth=depth + 1, counted=counted), _entry(v, depth=depth + 1, counted=counted))
        for k, v in node.value
    )
    return Entry(line=line, kind="mapping", pairs=pairs)


def _kind(tag: str) -> str:
    name = re.sub(r".*:", "", tag)
    kinds = {"str": "text", "int": "number", "float": "number", "bool": "boolean", "null": "nothing"}
    return kinds.get(name, name)


def _items(entry: Entry | None) -> tuple[Entry, ...]:
    return entry.items if entry else ()
