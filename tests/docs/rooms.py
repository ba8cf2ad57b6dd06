"""The pictures of docs/design.md, made from the imports of gpuinfra/: `python -m tests.docs.rooms`.

A node is a room, or a folder inside `features` and `tools`; an arrow leads from who imports to what is
imported, at the top of a module or inside a function.
"""

import ast
import re
from pathlib import Path

from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "design.md"
PACKAGE = ROOT / "gpuinfra"
DIVIDED = ("features", "tools")  # rooms whose folders are shown one by one
AT_THE_TOP = ("__main__", "api", "factory", "install", "version")
EVERYBODYS = ("ground", "version")
LOOSE = "(loose modules)"
MARKED = re.compile(r"(<!-- picture: (\w+).*? -->\n).*?(<!-- end of picture -->)", re.DOTALL)

Arrow = tuple[str, str]


def arrows(package: Path) -> set[Arrow]:
    """Return who imports what, folder by folder, of a package in a directory `gpuinfra`."""
    paths = sorted(package.rglob("*.py"))
    known = {_module(path, package) for path in paths}
    found = set()
    for path in paths:
        mine = node(_module(path, package))
        for name in _imports(ast.parse(path.read_text(encoding="utf-8"))):
            if name in known and node(name) != mine:
                found.add((mine, node(name)))
    return found


def node(module: str) -> str:
    """Return the room of a module (`features.sync.rsync` -> `features/sync`)."""
    parts = module.split(".")
    if len(parts) == 1:
        return module if module in AT_THE_TOP else LOOSE
    return "/".join(parts[:2]) if parts[0] in DIVIDED else parts[0]


def rooms(found: set[Arrow]) -> str:
    """Return the picture of the rooms, features and tools as one node each."""
    whole = {(a.split("/")[0], b.split("/")[0]) for a, b in found}
    return _mermaid({(a, b) for a, b in whole if a != b})


def features(found: set[Arrow]) -> str:
    """Return the picture of the features: which of them use another, and which tools they use."""
    return _mermaid({(a, b) for a, b in found if a.startswith("features/") and b not in EVERYBODYS})


def redraw(page: str, found: set[Arrow]) -> str:
    """Return a page with its pictures drawn anew between their marks."""
    pictures = {"rooms": rooms(found), "features": features(found)}
    return MARKED.sub(lambda m: f"{m[1]}```mermaid\n{pictures[m[2]]}\n```\n{m[3]}", page)


def _module(path: Path, package: Path) -> str:
    """Return a module's dotted name below the package; one of a room alone is the room's."""
    name = ".".join(path.relative_to(package).with_suffix("").parts)
    room = name.removesuffix(".__init__")
    return room if room in AT_THE_TOP else name


def _imports(tree: ast.Module) -> set[str]:
    """Return what a module imports of ours, as dotted names below the package."""
    found = set()
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            found |= {f"{statement.module}.{alias.name}" for alias in statement.names} | {statement.module}
    return {name.removeprefix("gpuinfra.") for name in found if name.startswith("gpuinfra.")}


def _mermaid(found: set[Arrow]) -> str:
    """Return a diagram; a name with a slash is an id of Mermaid's without it."""
    names = sorted({name for arrow in found for name in arrow})
    ids = {name: re.sub(r"\W", "_", name) for name in names}
    return "\n".join(
        ["flowchart TD"]
        + [f'  {ids[name]}["{name}"]' for name in names]
        + [f"  {ids[a]} --> {ids[b]}" for a, b in sorted(found)]
    )


if __name__ == "__main__":
    PAGE.write_text(redraw(PAGE.read_text(encoding="utf-8"), arrows(PACKAGE)), encoding="utf-8")
