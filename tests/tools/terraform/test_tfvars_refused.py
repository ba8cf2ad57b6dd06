"""What is wrong with a terraform.tfvars is told before anything is contacted, and before it is written."""

from pathlib import Path

import pytest

from gpuinfra.ground.errors import ConfigError
from gpuinfra.tools.terraform.tfvars import TfvarsFile
from tests.tools.terraform.test_tfvars import module, read

__all__ = ["module"]  # a fixture


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('owner = "ada\nregion = "x"\n', r"terraform.tfvars:\d+: not valid HCL"),
        (
            'owner = "ada"\nallowed_cidrs = ["1.2.3.4/32"\nregion = "x"\n',
            r"terraform.tfvars:\d+: not valid HCL",
        ),
        ("<<<<<<< HEAD\n", "not valid HCL"),
        ('region = "x"\nallowed_cidrs = []\n', "does not set owner"),
        ('owner = null\nregion = "x"\nallowed_cidrs = []\n', "does not set owner"),
        ("instance_typ = 1\n", "sets instance_typ, .* did you mean instance_type[?]"),
        ("zzz = 1\n", "Terraform has no such variable"),
    ],
)
def test_a_wrong_file_is_explained(text: str, says: str, tmp_path: Path) -> None:
    """Which file, which line or key, and what to write."""
    path = tmp_path / "terraform.tfvars"
    path.write_text(text)
    with pytest.raises(ConfigError, match=says):
        read(path)


def test_a_change_of_a_wrong_file_leaves_it_alone(module: Path) -> None:
    """What cannot be parsed is not edited."""
    path = module / "terraform.tfvars"
    path.write_text("owner = [\n")
    with pytest.raises(ConfigError, match="not valid HCL"):
        TfvarsFile(path, module=module).change({"region": "x"})
    assert path.read_text() == "owner = [\n"


@pytest.mark.parametrize("command", ["read", "change"])
def test_a_file_in_another_encoding_is_explained(command: str, module: Path) -> None:
    """Terraform takes UTF-8 only."""
    path = module / "terraform.tfvars"
    path.write_bytes('owner = "caf\u00e9"\n'.encode("latin-1"))
    values = TfvarsFile(path, module=module)
    with pytest.raises(ConfigError, match="UTF-8"):
        values.read() if command == "read" else values.change({"region": "x"})


def test_no_file(tmp_path: Path) -> None:
    """A new user is told the command that writes it."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path / "terraform.tfvars")
    assert caught.value.hint == "gpuinfra init"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("owner", "1ralf", 'owner is "1ralf"; it must be 1 to 64 of'),
        ("owner", "Ada Lovelace", "a letter first"),
        ("region", "frankfurt", 'region is "frankfurt"; it must look like us-east-1'),
    ],
)
def test_what_terraform_would_refuse_is_not_written(name: str, value: str, says: str, module: Path) -> None:
    """By Terraform's own rule and message, before there is a file."""
    path = module / "terraform.tfvars"
    with pytest.raises(ConfigError, match=says) as caught:
        TfvarsFile(path, module=module).create({name: value})
    assert caught.value.hint.startswith(f"gpuinfra init --{name} ")
    assert not path.exists()
