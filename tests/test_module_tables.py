"""The READMEs of the Terraform modules."""

from pathlib import Path

import pytest

from tests.module_tables import BEGIN, MODULES, renewed, tables


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_the_tables_are_made_from_the_code(module: Path) -> None:
    """A README says of inputs and outputs what variables.tf and outputs.tf say."""
    text = (module / "README.md").read_text()
    assert BEGIN in text
    assert renewed(text, module) == text, "renew them: .venv/bin/python -m tests.module_tables"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_every_input_has_a_row(module: Path) -> None:
    """The table names each variable of the code, found by its text."""
    names = [
        line.split('"')[1]
        for line in (module / "variables.tf").read_text().splitlines()
        if line[:9] == "variable "
    ]
    assert names
    assert all(f"| `{name}` |" in tables(module) for name in names)
