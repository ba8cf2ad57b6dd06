"""The next step that an error names is about the host that the command was about."""

import ast
from collections.abc import Iterator

import pytest
import typer

from gpuinfra.cli.app import app
from gpuinfra.ground.names import GROUPS, OF_NO_STACK, command, of_stack
from tests.e2e.cli import Cli
from tests.test_layers import modules


@pytest.mark.parametrize(
    ("hint", "whole"),
    [
        ("gpuinfra allow   # finds yours", "gpuinfra allow --stack big   # finds yours"),
        ("gpuinfra events --since 2h", "gpuinfra events --stack big --since 2h"),
        ("gpuinfra plan && gpuinfra up --stack big", "gpuinfra plan --stack big && gpuinfra up --stack big"),
        ("gh auth token | gpuinfra clone --token", "gh auth token | gpuinfra clone --stack big --token"),
        ("set owner   # gpuinfra down asks again", "set owner   # gpuinfra down --stack big asks again"),
        ("df -h .   # then: gpuinfra up", "df -h .   # then: gpuinfra up --stack big"),
        ("gpuinfra ssh -- ls --stack x", "gpuinfra ssh --stack big -- ls --stack x"),
        ("gpuinfra env lock   # or", "gpuinfra env lock --stack big   # or"),
        ("gpuinfra sync   # both ways", "gpuinfra sync --stack big   # both ways"),
        ("gpuinfra init --stack b --from default", "gpuinfra init --stack b --from default"),
        ("gpuinfra list   # whose it is", "gpuinfra list   # whose it is"),
        ("gpuinfra leaks", "gpuinfra leaks"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_hint_names_the_stack(hint: str, whole: str) -> None:
    """Once for each command that takes it; that of the default stack stays as it is."""
    assert of_stack(hint, "big") == of_stack(whole, "big") == whole
    assert of_stack(hint, "default") == hint


def test_a_hint_that_names_it_already_stays() -> None:
    """As all are made that know the stack."""
    for verb in ("up", "lease extend --usd 10", "ssh -- sudo reboot", "dlc run pytorch:2 -- ..."):
        made = f"{command(verb, 'big')}   # then: {command('start', 'big')}"
        assert of_stack(made, "big") == made


def test_the_commands_that_take_no_stack_are_known() -> None:
    """A new command, or group of commands, is in a hint what it is on the command line."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    groups = {name: it.commands for name, it in commands.items() if hasattr(it, "commands")}
    assert set(groups) == set(GROUPS)
    single = [(name, it) for name, it in commands.items() if name not in groups]
    below = [(f"{group} {name}", it) for group, its in groups.items() for name, it in its.items()]
    without = {name for name, it in (*single, *below) if not any("--stack" in one.opts for one in it.params)}
    assert without == set(OF_NO_STACK)


def hints() -> Iterator[tuple[str, str]]:
    """Yield each hint that is written as a text in the source, with its place; values in it are x."""
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "hint":
                parts = node.value.values if isinstance(node.value, ast.JoinedStr) else [node.value]
                texts = [str(it.value) if isinstance(it, ast.Constant) else "x" for it in parts]
                yield f"{name}:{node.value.lineno}", "".join(texts)


def test_no_hint_of_the_source_is_about_another_host() -> None:
    """Whoever writes one by hand: each command in it that takes --stack gets it, and no word besides."""
    wrong, seen = {}, 0
    for place, hint in hints():
        if "gpuinfra " in hint:
            whole, seen = of_stack(hint, "big"), seen + 1
            free = sum(f"gpuinfra {name}" in hint for name in OF_NO_STACK)
            if whole.count("--stack ") != hint.count("gpuinfra ") - free:
                wrong[place] = whole
    assert wrong == {}
    assert seen > 20


def test_the_command_line_says_it(cli: Cli) -> None:
    """Also where the one who made the hint knew no stack, and where the environment names it."""
    done = cli.run("events", "--since", "soon", "--stack", "big")
    assert "next: gpuinfra events --stack big --since 2h" in done.stderr
    done = cli.run("events", "--since", "soon")
    assert "next: gpuinfra events --since 2h" in done.stderr
