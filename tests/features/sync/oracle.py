"""The judge: what must be on both sides after a sync, from the definitions of mutagen alone, on whole trees.

A node is ("d", {name: node}), ("f", content, executable), ("l", target) or None. It shares no code with
decide.py, which works on differences.
"""

from typing import Any

Node = tuple[Any, ...] | None


def shallow(a: Node, b: Node) -> bool:
    """Tell whether two nodes are equal; of folders only that they are folders counts."""
    return (a and a[0]) == (b and b[0]) and (a is None or a[0] == "d" or a == b)


def changes(old: Node, new: Node) -> list[Node]:
    """Return the new nodes (None: a deletion) where `new` differs from `old`."""
    if not shallow(old, new):
        return [new]
    if not (old and new) or new[0] != "d":
        return []
    return [c for n in old[1].keys() | new[1].keys() for c in changes(old[1].get(n), new[1].get(n))]


def merge(old: Node, a: Node, b: Node, mode: str) -> tuple[Node, Node, Node, int]:
    """Return what both had then, a, b, and the number of conflicts; mode: both, up (a to b), down."""
    if a is None and b is None:
        return None, None, None, 0
    if a and shallow(a, b):
        return _folder(old, a, b, mode) if a[0] == "d" else (a, a, b, 0)
    change_a, change_b = changes(old, a), changes(old, b)
    new_a, new_b = any(change_a), any(change_b)
    if mode == "both":
        if not change_b or (change_a and not new_b and (new_a or a is None)):
            return a, a, a, 0
        if not change_a or not new_a:
            return b, b, b, 0
        return old, a, b, 1
    source, target, new_target = (a, b, new_b) if mode == "up" else (b, a, new_a)
    if not new_target:
        return source, source, source, 0
    if source is None and not (old and old[0] == "d" and target and target[0] == "d"):
        return None, a, b, 0
    return old, a, b, 1


def _folder(old: Node, a: Node, b: Node, mode: str) -> tuple[Node, Node, Node, int]:
    assert a
    assert b
    below = old[1] if old and old[0] == "d" else {}
    trees: tuple[dict[str, Node], ...] = ({}, {}, {})
    total = 0
    for name in below.keys() | a[1].keys() | b[1].keys():
        *three, count = merge(below.get(name), a[1].get(name), b[1].get(name), mode)
        total += count
        for tree, node in zip(trees, three, strict=True):
            if node is not None:
                tree[name] = node
    return ("d", trees[0]), ("d", trees[1]), ("d", trees[2]), total


def emptied(old: Node, a: Node, b: Node) -> bool:
    """Tell whether one side has lost all of what was more than one thing."""
    return bool(old and a and b) and len(old[1]) > 1 and bool(a[1]) != bool(b[1])  # type: ignore[index]
