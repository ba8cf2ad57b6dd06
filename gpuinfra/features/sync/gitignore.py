"""Ignore files as git reads them, said in rsync's filter rules. Cheap to import: the quick `sync` calls it.

In git the last line that matches wins and deeper files come before others; in rsync the first rule does. So
the rules are written deepest folder first, last line first, each anchored at the folder of its file.
"""

import os

from gpuinfra.features.sync.rsync_args import IGNORE_FILES

ALWAYS_SKIPPED = ".git"
ANY_DEPTH = "**"


def text(root: str, part: str = "") -> bytes:
    """Return all rules as rsync reads them from its stdin."""
    return os.fsencode("".join(f"{rule}\n" for rule in rules(root, part)))


def rules(root: str, part: str = "") -> "list[str]":
    """Return the rules of all ignore files below a folder; none that empties `part`.

    `data/*` keeps the content out of git, and nobody who names `data` wants an empty folder.
    """
    blocks: list[list[str]] = []
    own = {f"- /{part}/*", f"- /{part}/**"} if part else set()
    skip = _Skip()
    folders, tree = [""], _Folders(root)
    for folder in folders:  # grows meanwhile
        lines = [line for name in IGNORE_FILES for line in _lines(f"{root}/{folder}{name}")]
        if not folder:
            lines = _lines(f"{root}/.git/info/exclude") + lines
        block = [rule for line in reversed(lines) for rule in translated(line, folder)]
        if block:
            skip.learn(block)
        blocks.append([rule for rule in block if rule not in own])
        folders += [f"{folder}{name}/" for name in tree.below(folder) if not skip.has(folder, name)]
    return [rule for block in reversed(blocks) for rule in block]


class _Skip:
    """Folders that need no look because a plain rule leaves them out; none any more once a line has a "!"."""

    def __init__(self) -> None:
        self.plain: set[str] | None = {ALWAYS_SKIPPED}

    def learn(self, block: "list[str]") -> None:
        if any(rule.startswith("+") for rule in block):
            self.plain = None
        if self.plain is not None:
            self.plain |= {rule[2:].rstrip("/") for rule in block if not set("*?[\\") & set(rule)}

    def has(self, folder: str, name: str) -> bool:
        if self.plain is None:
            return name == ALWAYS_SKIPPED
        return name in self.plain or f"/{folder}{name}" in self.plain


class _Folders:
    """Which folders lie in a folder, mostly without reading through its files.

    On most file systems a folder has two links and one more for each folder in it: with two, there is none.
    That this holds is proven by each folder that is read, from the root on; where it does not, all are read.
    """

    def __init__(self, root: str) -> None:
        self.root, self.counted, self.device = root, True, os.stat(root).st_dev  # noqa: PTH116

    def below(self, folder: str) -> "list[str]":
        try:
            found = os.stat(f"{self.root}/{folder}")  # noqa: PTH116
            if folder and self.counted and found.st_nlink == 2 and found.st_dev == self.device:
                return []
            with os.scandir(f"{self.root}/{folder}") as entries:
                names = [e.name for e in entries if e.is_dir(follow_symlinks=False)]
        except OSError:  # rsync will say so
            return []
        if found.st_nlink != 2 + len(names):
            self.counted = False
        # one with a line break cannot be told to rsync: its ignore files do not count
        return [name for name in names if "\n" not in name and "\r" not in name]


def _lines(path: str) -> "list[str]":
    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:  # noqa: PTH123
            return [line.removesuffix("\n").removesuffix("\r") for line in file]
    except OSError:
        return []


def translated(line: str, folder: str) -> "list[str]":
    """Return rsync's rules for one line of an ignore file in `folder` (empty, or ending with a slash)."""
    sign, text = ("+", line[1:]) if line.startswith("!") else ("-", line)
    parts = _parts(_unpadded(text)) if text and not line.startswith("#") else None
    if not parts:
        return []
    only_folders = parts[-1] == ""
    parts = parts[:-1] if only_folders else parts
    if parts[:1] == [""]:
        parts = parts[1:]
    elif len(parts) == 1:
        parts = [ANY_DEPTH, *parts]
    if not parts or "" in parts:
        return []
    if parts[-2:] == [ANY_DEPTH, ANY_DEPTH]:
        parts = [*parts[:-1], "*"]
    end = "/" if only_folders else ""
    return [f"{sign} {_plain(pattern)}{end}" for pattern in _patterns(parts, _escaped(folder))]


def _patterns(parts: "list[str]", folder: str) -> "list[str]":
    """Return the patterns of a path; ** between slashes stands for no folder, too: that takes two."""
    if not folder and parts[0] == ANY_DEPTH and len(parts) == 2:
        return [parts[1]]  # rsync looks for a name without a slash anywhere
    found = [f"/{folder}".rstrip("/")]
    for number, part in enumerate(parts):
        deeper = [f"{pattern}/{part}" for pattern in found]
        found = found + deeper if part == ANY_DEPTH and number < len(parts) - 1 else deeper
    return found


def _parts(text: str) -> "list[str] | None":
    """Split at slashes, with rsync's escapes, many * as one unless they are a whole part; None: invalid."""
    parts, here, at = [], "", 0
    while at < len(text):
        char = text[at]
        end = at + 1
        if char == "/":
            parts.append(here)
            here, at = "", end
            continue
        if char == "\\":
            end += 1
            here += _escaped(text[at + 1 : end])
            if end > len(text):
                return None
        elif char == "*":
            while text[end : end + 1] == "*":
                end += 1
            whole = end - at == 2 and not here and text[end : end + 1] in ("", "/")
            here += ANY_DEPTH if whole else "*"
        elif char == "[":
            end = _class_end(text, at)
            if not end:
                return None
            here += text[at:end]
        else:
            here += char
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


def _unpadded(text: str) -> str:
    """Drop the blanks at the end, but for one behind a backslash."""
    bare = text.rstrip(" ")
    slashes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if slashes % 2 and bare != text else bare


def _escaped(text: str) -> str:
    return "".join("\\" + char if char in "*?[\\" else char for char in text)


def _plain(pattern: str) -> str:
    """Return a pattern as rsync reads it: there a backslash escapes only where there is *, ? or [, too."""
    return pattern if set("*?[") & set(pattern) else pattern.replace("\\\\", "\\")
