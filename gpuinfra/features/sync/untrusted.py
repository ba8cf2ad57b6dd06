"""What a host may say, and bring: nothing outside of the folder, nothing that runs by itself. Pure."""

from __future__ import annotations

import unicodedata

from gpuinfra.host.sync.records import NEVER, leads_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuinfra.host.sync.records import Record

KINDS: dict[str, list[type]] = {"d": [], "l": [str], "f": [int, int, int, int, str], "p": [str]}
# Python runs these at its start, wherever it finds them.
RUN_BY_PYTHON = {"sitecustomize.py", "usercustomize.py"}
STAYS = "stays on the host: it could run by itself here"
LEADS_OUT = "stays on the host: a link that leads out of the project"


def checked(diff: object, old: Mapping[str, Record]) -> dict[str, Record | None]:
    """Return what the host says of its files.

    Raises:
        ValueError: it says what no honest host does.
    """
    if not isinstance(diff, dict):
        raise ValueError(f"the host says {diff!r:.100}")
    for path, rec in diff.items():
        if rec is not None and not _is_record(rec):
            raise ValueError(f"the host says {rec!r:.100} of {path!r}")
        if not all(map(_is_name, (path, *(part for part in rec or () if isinstance(part, str))))):
            raise ValueError(f"the host names {path!r}, which no file can be called")
    for path, rec in diff.items():
        parts = path.split("/")
        if {"", ".", ".."} & set(parts) or "\0" in path or {_plain(part) for part in parts} & NEVER:
            raise ValueError(f"the host names {path!r}")
        up = path.rpartition("/")[0]
        above = diff[up] if up in diff else old.get(up)
        if up and rec and not (above and above[0] == "d"):
            raise ValueError(f"the host names {path!r} below what is no folder")
    return diff


def refusal(path: str, new: Record | None) -> str:
    """Return why a change that the host brings is not made here, its deletions included; empty: it is made.

    What begins with a dot belongs to tools that run what it says (.envrc, .vscode, .git), or says what may
    leave this machine (.gitignore).
    """
    parts = [_plain(part) for part in path.split("/")]
    if any(part.startswith((".", "git~")) for part in parts) or parts[-1] in RUN_BY_PYTHON:
        return STAYS
    if parts[-1].endswith(".pth"):
        return STAYS
    return LEADS_OUT if new and new[0] == "l" and leads_out(path, new[1]) else ""


def _is_record(rec: object) -> bool:
    if not isinstance(rec, list) or not rec or not isinstance(rec[0], str) or rec[0] not in KINDS:
        return False
    kinds = KINDS[rec[0]]
    return [type(value) for value in rec[1:]] == kinds and not (kinds == [str] and "\0" in rec[1])


def _is_name(text: str) -> bool:
    """Tell whether the system could have a file of this name: JSON can hold halves of letters."""
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def _plain(name: str) -> str:
    """Return a name as a file system may read it that knows no case and leaves out what cannot be seen."""
    text = unicodedata.normalize("NFKC", name)
    return "".join(c for c in text if unicodedata.category(c) != "Cf").casefold()
