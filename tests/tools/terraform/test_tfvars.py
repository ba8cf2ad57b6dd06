"""terraform.tfvars: read as Terraform reads it, changed in one place, hostile values inert."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import hcl2
import pytest

from gpuinfra.tools import files
from gpuinfra.tools.terraform import binary as toolchain, tfvars
from gpuinfra.tools.terraform.links import link_module
from gpuinfra.tools.terraform.tfvars import TfvarsFile
from gpuinfra.ground.errors import ConfigError

MODULE = Path(__file__).resolve().parents[3] / "terraform"
TEXT = """\
# who
owner  = "ada"   # trailing, with "quotes" = and [brackets]
/* block
   allowed_cidrs = ["9.9.9.9/32"] */
region = "eu-west-1"
allowed_cidrs = [
  "203.0.113.7/32", # home
  "198.51.100.0/24",
]
tags = { allowed_cidrs = "not this one", region = "nor this" }
instance_type = "g5.xlarge"
"""
HOSTILE = [
    'x"\nallowed_cidrs = ["0.0.0.0/0"]\ny = "',
    '${file("/etc/passwd")}',
    "%{ for x in [1] }a%{ endfor }",
    '\\\\ \\n \\" end',
    "# not a comment // nor this /* nor that",
    "a\tb\r\nc",
    "caf\u00e9 \u2028 \U0001f600",
]


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A root module of our own."""
    return shutil.copytree(
        MODULE, tmp_path / "terraform", ignore=shutil.ignore_patterns(".terraform", "tests")
    )


def parse(text: str) -> dict[str, object]:
    """Parse HCL with the library alone."""
    options = hcl2.SerializationOptions(strip_string_quotes=True, with_comments=False)
    return dict(hcl2.loads(text, serialization_options=options))


def test_reading(tmp_path: Path) -> None:
    """What is set is taken, what is not gets the module's default; comments and nested keys are nothing."""
    path = tmp_path / "terraform.tfvars"
    path.write_text(TEXT)
    settings = tfvars.read(path)
    assert (settings.owner, settings.region, settings.instance_type) == ("ada", "eu-west-1", "g5.xlarge")
    assert settings.allowed_cidrs == ("203.0.113.7/32", "198.51.100.0/24")
    assert (settings.stack, settings.image, settings.root_volume_size_gb) == ("default", "nvidia", 128)


def test_one_value_is_replaced_and_all_else_kept() -> None:
    """Comments, layout and nested keys of the same name stay, byte for byte."""
    new = tfvars.replace(TEXT, {"allowed_cidrs": ["52.94.76.10/32"]})
    old = '[\n  "203.0.113.7/32", # home\n  "198.51.100.0/24",\n]'
    assert new == TEXT.replace(old, '["52.94.76.10/32"]')


def test_a_missing_key_is_added() -> None:
    """At the end, on a line of its own, whether or not the file ended with one."""
    for text in (TEXT, TEXT.rstrip("\n")):
        assert tfvars.replace(text, {"image": "ubuntu"}) == TEXT + 'image = "ubuntu"\n'


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_change_on_disk_keeps_line_ends_and_mode(newline: str, module: Path) -> None:
    """A file from Windows stays one; a file that a group may read stays so; a new one is 0600."""
    path = module / "terraform.tfvars"
    path.write_bytes(TEXT.replace("\n", newline).encode())
    path.chmod(0o640)
    TfvarsFile(path, module=module).change({"region": "us-east-1"})
    wanted = TEXT.replace('"eu-west-1"', '"us-east-1"').replace("\n", newline)
    assert path.read_bytes() == wanted.encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in module.glob(".terraform.tfvars*")] == []


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_inert(value: str, module: Path) -> None:
    """No value can leave its quotes: no other key changes, and no template is evaluated."""
    path = TfvarsFile(module / "terraform.tfvars", module=module).create({"owner": value, "region": "r"})
    text = path.read_text()
    assert text.count("allowed_cidrs =") == (MODULE / "terraform.tfvars.example").read_text().count(
        "allowed_cidrs ="
    ) + value.count("allowed_cidrs =")
    assert parse(text)["allowed_cidrs"] == ["203.0.113.7/32"]
    line = next(line for line in text.splitlines() if line.startswith("owner"))
    assert "${file" not in line.replace("$${", "")
    assert "%{ for" not in line.replace("%%{", "")


@pytest.mark.e2e
def test_terraform_reads_hostile_values_as_they_are(tmp_path: Path) -> None:
    """What Python wrote is what Terraform reads, character by character."""
    names = [f"v{n}" for n in range(len(HOSTILE))]
    (tmp_path / "main.tf").write_text("".join(f'variable "{n}" {{}}\n' for n in names))
    files.replace_text(tmp_path / "terraform.tfvars", tfvars.replace("\n", dict(zip(names, HOSTILE, strict=True))))
    binary = toolchain.find(MODULE.parent / ".tools", os.environ)
    done = subprocess.run(
        [binary, "console"],
        cwd=tmp_path,
        input=f"jsonencode([{', '.join(f'var.{n}' for n in names)}])\n",
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "CHECKPOINT_DISABLE": "1"},
        check=True,
    )
    assert json.loads(json.loads(done.stdout)) == HOSTILE


def test_create_makes_a_stack(module: Path) -> None:
    """A named stack gets links to the root module, its values at 0600, every key of the example."""
    directory = module / "stacks" / "b"
    values = TfvarsFile(directory / "terraform.tfvars", module=module)
    path = values.create({"stack": "b", "allowed_cidrs": ["203.0.113.9/32"]})
    assert path.stat().st_mode & 0o777 == 0o600
    assert values.exists()
    assert (values.read().stack, values.read().allowed_cidrs) == ("b", ("203.0.113.9/32",))
    assert (directory / "main.tf").resolve() == module / "main.tf"
    assert (directory / "modules" / "host" / "main.tf").is_file()
    assert (directory / ".terraform.lock.hcl").is_symlink()
    assert not (directory / "main.tf").readlink().is_absolute()


def test_a_stack_keeps_up_with_the_root_module(module: Path) -> None:
    """A file that the root module gains is linked into a stack, and the link to one that it lost goes."""
    directory = module / "stacks" / "b"
    (module / "network.tf").touch()
    link_module(module, directory)
    (module / "network.tf").rename(module / "more.tf")
    (directory / "mine.tf").touch()
    link_module(module, directory)
    names = {path.name for path in directory.glob("*.tf")}
    assert names == {path.name for path in module.glob("*.tf")} | {"mine.tf"}


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
        ('owner = "a"\nregion = "x"\nallowed_cidrs = "1.2.3.4/32"\n', "write a list"),
        ('owner = "a"\nregion = "x"\nallowed_cidrs = []\nroot_volume_size_gb = "big"\n', "whole number"),
        ('owner = "a"\nregion = "x"\nallowed_cidrs = []\nroot_volume_size_gb = true\n', "whole number"),
    ],
)
def test_a_wrong_file_is_explained(text: str, says: str, tmp_path: Path) -> None:
    """Which file, which line or key, and what to write."""
    path = tmp_path / "terraform.tfvars"
    path.write_text(text)
    with pytest.raises(ConfigError, match=says):
        tfvars.read(path)


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
        tfvars.read(tmp_path / "terraform.tfvars")
    assert caught.value.hint == "gpuinfra init"
