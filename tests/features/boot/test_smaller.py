"""Our programs travel in fewer bytes and do the same."""

import ast
from pathlib import Path

import pytest

from gpuinfra.features.boot import cloud_init, smaller

SOURCE = b'''"""Module."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Box:
    """A class."""

    size: int = 3  # read by dataclasses

    def grow(self, by: int, *more: Any, twice: bool = False) -> Box:
        """Grow."""
        # a comment
        total: int = self.size + by
        text = """two
            lines"""
        return Box() if twice else total


def alone() -> None:
    """Do nothing."""
'''
SENT = [
    path
    for path in cloud_init.HOST_PACKAGE.glob("**/*.py")
    if path.name in {*cloud_init.PROGRAMS, *cloud_init.GUARD}
]


def test_what_a_program_says_of_itself_stays_at_home() -> None:
    """Docstrings, comments, annotations, and imports for types alone; a class keeps what it declares."""
    small = smaller.python(SOURCE).decode()
    for gone in (
        "Module",
        "A class",
        "Grow",
        "# a comment",
        "TYPE_CHECKING:",
        ": Any",
        "-> Box",
        "by: int",
        "total: int",
    ):
        assert gone not in small
    for kept in (
        "size: int = 3",
        "def grow(self, by, *more, twice = False):",
        '"""two\n            lines"""',
        "Do nothing",
    ):
        assert kept in small, small
    made: dict[str, object] = {}
    exec(compile(small, "small", "exec"), made)


@pytest.mark.parametrize("path", SENT, ids=lambda path: path.name)
def test_each_program_that_is_sent_stays_a_program(path: Path) -> None:
    """It has the same functions and classes, and the syntax of the oldest Python of a host."""
    small = smaller.python(path.read_bytes())
    tree = ast.parse(small, feature_version=(3, 10))
    named = (ast.FunctionDef, ast.ClassDef)
    names = [node.name for node in ast.walk(tree) if isinstance(node, named)]
    assert names == [node.name for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, named)]
    assert len(small) < path.stat().st_size
