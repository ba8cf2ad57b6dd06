"""HCL as text: its plain values, and a value exchanged with all else kept byte for byte. Pure.

Terraform also takes expressions (`"${...}"`, `1 + 1`, a heredoc); they are told apart, never guessed.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

Value: TypeAlias = "str | bool | Decimal | tuple[Value, ...] | Expression | None"
# What may hold the sign of a comment without being one; of these only the comments in /* */ are blanked: the
# parser takes them between lines only, Terraform everywhere.
LEXEMES = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|<<-?(?P<end>[\w.-]+)\r?\n(?:.*\n)*?[ \t]*(?P=end)[ \t]*$'
    r"|(?:#|//).*|(?P<comment>/\*[\s\S]*?\*/)",
    re.M,
)
ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|(\$\$\{|%%\{)')
ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
LITERALS: dict[str, Value] = {"TRUE": True, "FALSE": False, "NULL": None}
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, kw_only=True)
class Expression:
    """What only Terraform evaluates."""

    text: str


@dataclass(frozen=True, kw_only=True)
class HclItem:
    """A value and where it stands in the text; of a list also its items."""

    value: Value
    start: int
    end: int
    items: tuple["HclItem", ...] = ()


class NotHclError(Exception):
    """A text that is not HCL; `line` of it, 0 where it is not known."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def read(text: str) -> dict[str, HclItem]:
    """Return the attributes of a file by name.

    Raises:
        NotHclError: it is not HCL; Terraform does not take an attribute twice either.
    """
    found: dict[str, HclItem] = {}
    for attribute in _parsed(text).find_data("attribute"):
        name, _, expression = attribute.children
        key = text[name.meta.start_pos : name.meta.end_pos]
        if key in found:
            raise NotHclError(name.meta.line)
        found[key] = _item(expression, text)
    return found


def replace(text: str, name: str, value: object) -> str:
    """Return the text with another value for one attribute; one that is not there is added at the end.

    In a list of several lines the items that stay keep their lines, their comments and their order.
    """
    old = read(text).get(name)
    if old is None:
        return f"{text.rstrip()}\n{name} = {hcl(value)}\n"
    if isinstance(value, list) and old.items and "\n" in text[old.start : old.end]:
        return _with_items(text, name, old, value)
    return text[: old.start] + hcl(value) + text[old.end :]


def overlaid(text: str, other: str) -> str:
    """Return the text with all attributes of another, as they stand there.

    Raises:
        NotHclError: the other is not HCL.
    """
    for name, item in read(other).items():
        old, new = read(text).get(name), other[item.start : item.end]
        text = f"{text[: old.start]}{new}{text[old.end :]}" if old else f"{text.rstrip()}\n{name} = {new}\n"
    return text


def hcl(value: object) -> str:
    """Return a value as HCL; JSON is valid HCL but for the two template markers."""
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def unquoted(raw: str) -> Value:
    """Return what stands between two quotes as Terraform reads it."""
    rest = ESCAPE.sub("", raw)
    if "\\" in rest or "${" in rest or "%{" in rest or "\n" in rest or "$$${" in raw or "%%%{" in raw:
        return Expression(text=f'"{raw}"')
    return ESCAPE.sub(_character, raw)


def _character(escape: re.Match[str]) -> str:
    letter, short, long, marker = escape.groups()
    if marker:
        return str(marker[1:])
    return ESCAPED[letter] if letter else chr(int(short or long, 16))


def _parsed(text: str) -> Any:
    import hcl2  # 100 ms: only for commands that need it

    plain = LEXEMES.sub(_blanked, text)
    if plain.startswith(BYTE_ORDER_MARK):
        plain = " " + plain[1:]
    try:
        return hcl2.parses_to_tree(plain if plain.endswith("\n") else plain + "\n")
    except Exception as error:  # the parser raises a family of lark's exceptions
        raise NotHclError(max(getattr(error, "line", None) or 0, 0)) from None


def _blanked(lexeme: re.Match[str]) -> str:
    return lexeme[0] if lexeme["comment"] is None else " " * len(lexeme[0])


def _item(tree: Any, text: str) -> HclItem:
    start, end = tree.meta.start_pos, tree.meta.end_pos
    value, items = _value(tree, text), tuple(_items(tree, text))
    if isinstance(value, Expression):
        value = Expression(text=text[start:end])
    return HclItem(value=value, start=start, end=end, items=items)


def _items(tree: Any, text: str) -> Iterator[HclItem]:
    """Yield the items of a list."""
    inner = tree.children[0]
    if tree.data == "expr_term" and getattr(inner, "data", "") == "tuple":
        for child in inner.children:
            if getattr(child, "data", "new_line_or_comment") != "new_line_or_comment":
                yield _item(child, text)


def _value(tree: Any, text: str) -> Value:
    """Return a literal, in parentheses or not; all else is an expression."""
    parts = [part for part in tree.children if getattr(part, "data", "") != "new_line_or_comment"]
    first = parts[0]
    if tree.data == "unary_op" and first == "-" and isinstance(number := _value(parts[1], text), Decimal):
        return -number
    if tree.data != "expr_term":
        return Expression(text="")
    if first == "(":
        return _value(parts[1], text)
    if first.data in ("int_lit", "float_lit"):
        return Decimal(str(first.children[0]))
    if first.data == "literal_value":
        return LITERALS[first.children[0].type]
    if first.data == "string":
        return unquoted(text[first.meta.start_pos + 1 : first.meta.end_pos - 1])
    if first.data == "tuple":
        return tuple(item.value for item in _items(tree, text))
    return Expression(text="")


def _with_items(text: str, name: str, old: HclItem, wanted: Sequence[object]) -> str:
    """Return the text with another list, in which what stays is not touched, nor is any comment.

    What is new takes the place of the first item that goes, else it follows the last one.
    """
    kept = [item for item in old.items if item.value in wanted]
    new = ", ".join(hcl(value) for value in wanted if value not in [item.value for item in kept])
    edits = [(old.items[-1].end, old.items[-1].end, f", {new}")] if new else []
    for n, item in enumerate(item for item in old.items if item not in kept):
        place = (item.start, item.end, new) if new and n == 0 else (*_with_comma(text, item), "")
        edits = [place] if n == 0 else [*edits, place]
    changed = text
    for start, end, instead in reversed(edits):
        changed = changed[:start] + instead + changed[end:]
    if set(_values(changed, name)) == set(wanted):
        return changed
    return text[: old.start] + hcl(wanted) + text[old.end :]  # its commas stand in odd places


def _with_comma(text: str, item: HclItem) -> tuple[int, int]:
    """Return where an item begins and ends with its comma; a line that it has for itself, with the line."""
    comma = re.compile(r"[ \t]*,[ \t]*").match(text, item.end)
    start, end = item.start, comma.end() if comma else item.end
    line = text.rfind("\n", 0, start) + 1
    rest = re.compile(r"[ \t\r]*\n").match(text, end)
    return (line, rest.end()) if rest and not text[line:start].strip() else (start, end)


def _values(text: str, name: str) -> tuple[Value, ...]:
    try:
        value = read(text)[name].value
    except NotHclError:
        return ()
    return value if isinstance(value, tuple) else ()
