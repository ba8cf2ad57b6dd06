"""Names that Terraform and Python share, compared: a rename on one side is a failed test, not a crash."""

import re
from dataclasses import fields
from pathlib import Path

from gpuinfra.adapters import tfvars
from gpuinfra.model import Host

MODULE = Path(__file__).resolve().parent.parent / "terraform"


def names(block: str, file: str) -> list[str]:
    """Return the names of the blocks of a kind in a file of the root module."""
    return re.findall(rf'^{block} "(\w+)"', (MODULE / file).read_text(), re.MULTILINE)


def default(variable: str) -> str:
    """Return the text of a variable's default in HCL; empty if it has none."""
    text = (MODULE / "variables.tf").read_text()
    body = re.search(rf'^variable "{variable}" {{\n(.*?)^}}', text, re.MULTILINE | re.DOTALL)
    found = re.search(r"^  default +=\s*(.+)$", body.group(1), re.MULTILINE) if body else None
    return found.group(1) if found else ""


def test_outputs_are_the_fields_of_host_in_its_order() -> None:
    """The adapter turns outputs into Host by name."""
    assert names("output", "outputs.tf") == [field.name for field in fields(Host)]


def test_the_example_sets_every_variable_once() -> None:
    """A user sees every decision in one file; a key that Terraform does not know would only warn."""
    keys = re.findall(r"^(\w+) +=", (MODULE / "terraform.tfvars.example").read_text(), re.MULTILINE)
    assert sorted(keys) == sorted(names("variable", "variables.tf"))


def test_the_defaults_that_python_repeats_are_those_of_terraform() -> None:
    """Python needs a few before Terraform runs."""
    repeated = {key: str(value) for key, value in tfvars.DEFAULTS.items()}
    assert repeated == {key: default(key).strip('"') for key in tfvars.DEFAULTS}


def test_the_lock_holds_the_provider_for_every_platform() -> None:
    """An init from a mirror would record its own platform only, and others would refuse the provider."""
    lock = (MODULE / ".terraform.lock.hcl").read_text()
    assert re.findall(r'^  version +=\s*"(.+)"', lock, re.MULTILINE) == ["5.100.0"]
    assert lock.count('"zh:') == 15
    assert lock.count('"h1:') >= 2


def test_nothing_in_the_modules_depends_on_who_runs_them() -> None:
    """No user's path, account or address stands in a committed file of Terraform."""
    for path in MODULE.rglob("*.tf"):
        assert not re.search(r"/home/|/Users/|\b\d{12}:role/", path.read_text()), path
