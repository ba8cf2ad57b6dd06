"""`python -m tests.module_tables`: write the tables of inputs and outputs into the README of each module."""

import re
from pathlib import Path
from typing import Any

import hcl2

TERRAFORM = Path(__file__).resolve().parent.parent / "terraform"
HOST = TERRAFORM / "modules" / "host"
MODULES = (HOST, *sorted(path.parent for path in (HOST / "modules").glob("*/main.tf")))
OPTIONS = hcl2.SerializationOptions(strip_string_quotes=True, with_comments=False)
BEGIN, END = "<!-- tables: python -m tests.module_tables -->\n", "<!-- end of tables -->\n"


def blocks(path: Path, kind: str) -> dict[str, dict[str, Any]]:
    """Return the blocks of one kind in a file, by name."""
    parsed = hcl2.loads(path.read_text(encoding="utf-8"), serialization_options=OPTIONS)
    return {name.strip('"'): body for block in parsed[kind] for name, body in block.items()}


def tables(module: Path) -> str:
    """Return the tables of a module's inputs and outputs."""
    inputs = [_input(name, it) for name, it in blocks(module / "variables.tf", "variable").items()]
    outputs = [
        f"| `{name}` | {_cell(it['description'])} |"
        for name, it in blocks(module / "outputs.tf", "output").items()
    ]
    head = ["| input | | type | default |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *inputs, "", "| output | |", "| --- | --- |", *outputs, ""])


def renewed(text: str, module: Path) -> str:
    """Return a README with its tables made anew from the code."""
    return re.sub(
        f"{re.escape(BEGIN)}.*?{re.escape(END)}",
        lambda _: f"{BEGIN}{tables(module)}{END}",
        text,
        flags=re.DOTALL,
    )


def _input(name: str, variable: dict[str, Any]) -> str:
    kind = _plain(variable["type"])
    default = f"`{_value(variable['default'])}`" if "default" in variable else "required"
    return f"| `{name}` | {_cell(variable['description'])} | `{kind}` | {default} |"


def _plain(expression: str) -> str:
    """Return an expression without the marks that the parser puts around it."""
    return re.sub(r"\$\{(.*)\}", r"\1", str(expression), flags=re.DOTALL)


def _value(value: object) -> str:
    """Return a default as HCL writes it."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    for each in MODULES:
        readme = each / "README.md"
        readme.write_text(renewed(readme.read_text(encoding="utf-8"), each), encoding="utf-8")
