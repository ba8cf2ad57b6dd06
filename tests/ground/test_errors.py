"""What an error says is one thing: its message, its text and the step that a notebook shows."""

import ast

from gpuinfra.ground.errors import CloudError
from tests.test_layers import modules

SAID = ("message", "hint")


def test_retold_it_says_the_same_everywhere() -> None:
    """It stays the error of its kind, with its code; a notebook shows the new step and no longer the old."""
    error = CloudError("no capacity", hint="gpuinfra start")
    error.code = "InsufficientInstanceCapacity"
    told = error.retell(f"{error.message}\nThe host i-1 is as it was", hint="gpuinfra up --wait 2h")
    assert told is error
    assert told.code == "InsufficientInstanceCapacity"
    assert str(told) == told.message == "no capacity\nThe host i-1 is as it was"
    assert (told.hint, told.__notes__) == ("gpuinfra up --wait 2h", ["  next: gpuinfra up --wait 2h"])


def test_retold_without_a_step_it_shows_none() -> None:
    """The step of before does not outlive what is said now."""
    told = CloudError("no capacity", hint="gpuinfra start").retell("gone", hint="")
    assert (str(told), told.hint, getattr(told, "__notes__", [])) == ("gone", "", [])


def test_what_an_error_says_is_changed_by_retell_alone() -> None:
    """Set by hand, `str` and what a notebook shows would still say what was true before."""
    by_hand = [
        f"{name}:{target.lineno}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AugAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and target.attr in SAID and ast.unparse(target.value) != "self"
    ]
    assert by_hand == []
