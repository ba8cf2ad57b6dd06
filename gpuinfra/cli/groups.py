"""The list of commands in groups, as a user's day goes, and the examples below a command's help."""

from typing import TYPE_CHECKING

from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter

GROUPS = {
    "Host": "up down plan status list stop start resize ip logs events recover",
    "Money": "prices cost lease guard leaks quota",
    "Work": "run job drill sync ssh jupyter forward clone gpu top usage",
    "Environment": "env",
    "Containers": "docker dlc",
    "Settings": "init doctor allow policy skill trust ssh-config output eject demo version",
}


class GroupedCommands(TyperGroup):
    """Shows its commands by group; one that is in none is not shown."""

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the list."""
        width = max(map(len, self.commands))
        for group, names in GROUPS.items():
            texts = {name: self.commands[name].get_short_help_str(formatter.width) for name in names.split()}
            with formatter.section(group):
                formatter.write_dl([(name.ljust(width), text) for name, text in texts.items()])


def examples(*lines: str) -> str:
    """Return lines to type, to stand below a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  gpuinfra {line}" for line in lines)
