"""Ignore files as git reads them, as regular expressions: the last line that matches wins. Pure."""

import re
from collections.abc import Callable, Iterable

ANY_DEPTH = "**"
IN_NAME = "[^/]"
STARS = "(?=[^/])[^/]*"  # no name is empty: else `data/*` would match `data/`
POSIX = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s",
    "punct": r"!-/:-@\[-`{-~", "xdigit": "0-9a-fA-F", "blank": r" \t", "cntrl": r"\x00-\x1f\x7f",
    "print": r"\x20-\x7e", "graph": r"\x21-\x7e",
}  # fmt: skip
Matcher = Callable[[str], "bool | None"]


def matcher(lines: Iterable[str], *, named: str = "") -> "Matcher | None":
    """Return what tells of a path below the file's folder (a folder's ends in /): True ignored, False not.

    A line that names all that is in the folder `named` does not count: who names `data` wants what is in it,
    though `data/*` keeps it out of git. None: there is no rule.
    """
    inside = {f"{re.escape(named)}/{end}" for end in (f"{STARS}/?", ".+/?")} if named else set()
    rules = [rule for rule in map(_rule, lines) if rule and (rule[0] or rule[1] not in inside)][::-1]
    if not rules:
        return None
    joined = re.compile("|".join(f"({text})" for _, text in rules), re.DOTALL)
    excepted = [negated for negated, _ in rules]

    def ask(path: str) -> "bool | None":
        found = joined.fullmatch(path)
        return not excepted[(found.lastindex or 1) - 1] if found else None

    return ask


def _rule(line: str) -> "tuple[bool, str] | None":
    """Return whether a line is an exception, and its regular expression; None: it is no rule."""
    negated = line.startswith("!")
    text = _unpadded(line[negated:])
    parts = _parts(text) if text and not line.startswith("#") else None
    if not parts:
        return None
    only_folders = parts[-1] == ""
    parts = parts[:-1] if only_folders else parts
    if parts[:1] == [""]:
        parts = parts[1:]
    elif len(parts) == 1:
        parts = [ANY_DEPTH, *parts]
    if not parts or "" in parts:
        return None
    *above, last = parts
    folders = "".join("(?:.+/)?" if part == ANY_DEPTH else f"{part}/" for part in above)
    regex = folders + (".+" if last == ANY_DEPTH else last) + ("/" if only_folders else "/?")
    try:
        re.compile(regex)
    except re.error:  # [z-a]
        return None
    return negated, regex


def _parts(text: str) -> "list[str] | None":
    """Split at slashes, each name as a regular expression; None: it matches nothing."""
    parts, here, at = [], "", 0
    while at < len(text):
        char, end = text[at], at + 1
        if char == "/":
            parts.append(here)
            here = ""
        elif char == "\\":
            if end == len(text):
                return None
            here, end = here + re.escape(text[end]), end + 1
        elif char == "*":
            while text[end : end + 1] == "*":
                end += 1
            whole = end - at == 2 and not here and text[end : end + 1] in ("", "/")
            here += ANY_DEPTH if whole else f"{IN_NAME}*" if here else STARS
        elif char == "[":
            end = _class_end(text, at)
            if not end:
                return None
            here += _class(text[at + 1 : end - 1])
        else:
            here += IN_NAME if char == "?" else re.escape(char)
        at = end
    return [*parts, here]


def _class_end(text: str, at: int) -> int:
    """Return where a [class] that begins here is over, 0 if it is not closed."""
    at += 2 if text[at + 1 : at + 2] in ("!", "^") else 1
    first = True
    while at < len(text):
        if text[at] == "]" and not first:
            return at + 1
        if text[at : at + 2] == "[:" and (closed := text.find(":]", at + 2)) > 0:
            at = closed + 1
        at += 2 if text[at] == "\\" else 1
        first = False
    return 0


def _class(body: str) -> str:
    """Return what stands between [ and ] as Python's re has it; it matches no slash."""
    negated = body[:1] in ("!", "^")
    body = body[negated:]
    out, at = "", 0
    while at < len(body):
        if body[at : at + 2] == "[:" and (closed := body.find(":]", at + 2)) > 0:
            out, at = out + POSIX.get(body[at + 2 : closed], ""), closed + 2
            continue
        at += body[at] == "\\"
        out += body[at] if body[at] == "-" else re.escape(body[at])
        at += 1
    return f"(?!/)[{'^' if negated else ''}{out}]"


def _unpadded(text: str) -> str:
    """Drop the blanks at the end, but for one behind a backslash."""
    bare = text.rstrip(" ")
    slashes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if slashes % 2 and bare != text else bare
