"""`skill`: what a coding agent has to know, as the file that such agents read (SKILL.md)."""

from importlib import resources


def text() -> str:
    """Return the file: front matter with name and description, then rules, commands, exit codes."""
    return resources.files(__package__).joinpath("SKILL.md").read_text(encoding="utf-8").rstrip("\n")
