"""The list of commands: whole, each once, no line cut off at 80 columns."""

from typer.main import get_command

from gpuinfra.cli.app import app
from gpuinfra.cli.groups import GROUPS
from tests.help_text import help_of

WIDTH = 80


def test_every_command_that_is_shown_stands_in_one_group() -> None:
    """One in none would be there for nobody."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    shown = [name for name, command in commands.items() if not command.hidden]
    assert sorted(shown) == sorted(name for names in GROUPS.values() for name in names.split())


def test_no_line_of_the_list_is_cut_off() -> None:
    """A sentence that ends in dots says less than it takes to read."""
    lines = help_of(()).splitlines()
    assert [line for line in lines if line.endswith("...") or len(line) > WIDTH] == [
        "Usage: gpuinfra [OPTIONS] COMMAND [ARGS]..."
    ]
