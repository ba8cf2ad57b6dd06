"""terraform.tfvars: read as Terraform reads it, changed in one place, hostile values inert."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import hcl2
import pytest

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Settings
from gpuinfra.tools import files
from gpuinfra.tools.terraform import binary as toolchain
from gpuinfra.tools.terraform import hcl_text
from gpuinfra.tools.terraform.links import link_module
from gpuinfra.tools.terraform.tfvars import TfvarsFile

MODULE = Path(__file__).resolve().parents[3] / "terraform"
TEXT = """\
# who
owner  = "ada"   # trailing, with "quotes" = and [brackets]
/* block
   allowed_cidrs = ["9.9.9.9/32"] */
region = "eu-west-1"
public_key_path = "k.pub"
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


def read(path: Path) -> Settings:
    """Read a file beside our root module."""
    return TfvarsFile(path, module=MODULE).read()


def test_reading(tmp_path: Path) -> None:
    """What is set is taken, what is not gets the module's default; comments and nested keys are nothing."""
    path = tmp_path / "terraform.tfvars"
    path.write_text(TEXT)
    settings = read(path)
    assert (settings.owner, settings.region, settings.instance_type) == ("ada", "eu-west-1", "g5.xlarge")
    assert settings.allowed_cidrs == ("203.0.113.7/32", "198.51.100.0/24")
    assert (settings.stack, settings.image, settings.root_volume_size_gb) == ("default", "nvidia", 128)
    assert (settings.security_group_ids, settings.instance_profile) == ((), "")
    path.write_text(f'{TEXT}security_group_ids = ["sg-0123456789abcdef0"]\ninstance_profile = "ml"\n')
    assert (read(path).security_group_ids, read(path).instance_profile) == (("sg-0123456789abcdef0",), "ml")


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


def test_a_symbolic_link_stays_one(module: Path, tmp_path: Path) -> None:
    """Whoever keeps his values elsewhere finds the change there."""
    kept, link = tmp_path / "kept.tfvars", module / "terraform.tfvars"
    kept.write_text(TEXT)
    link.symlink_to(kept)
    TfvarsFile(link, module=module).change({"region": "us-east-1"})
    assert link.is_symlink()
    assert kept.read_text() == TEXT.replace('"eu-west-1"', '"us-east-1"')


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_inert(value: str, module: Path) -> None:
    """No value can leave its quotes: no other key changes, and no template is evaluated."""
    path = TfvarsFile(module / "terraform.tfvars", module=module).create({"public_key_path": value})
    text = path.read_text()
    assert text.count("allowed_cidrs =") == (MODULE / "terraform.tfvars.example").read_text().count(
        "allowed_cidrs ="
    ) + value.count("allowed_cidrs =")
    assert parse(text)["allowed_cidrs"] == ["203.0.113.7/32"]
    line = next(line for line in text.splitlines() if line.startswith("public_key_path"))
    assert "${file" not in line.replace("$${", "")
    assert "%{ for" not in line.replace("%%{", "")


@pytest.mark.e2e
def test_terraform_reads_hostile_values_as_they_are(tmp_path: Path) -> None:
    """What Python wrote is what Terraform reads, character by character."""
    names = [f"v{n}" for n in range(len(HOSTILE))]
    (tmp_path / "main.tf").write_text("".join(f'variable "{n}" {{}}\n' for n in names))
    text = "\n"
    for name, value in zip(names, HOSTILE, strict=True):
        text = hcl_text.replace(text, name, value)
    files.replace_text(tmp_path / "terraform.tfvars", text)
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


def test_a_profile_comes_before_what_was_found_out(module: Path, tmp_path: Path) -> None:
    """Settings that several stacks share are written once; the rest is that of the example."""
    profile = tmp_path / "big.tfvars"
    profile.write_text('instance_type = "p4d.24xlarge" # eight\nregion = "us-west-2"\n')
    made = TfvarsFile(tmp_path / "b/terraform.tfvars", module=module)
    assert TfvarsFile(profile, module=module).names() == {"instance_type", "region"}
    made.create({"owner": "ada", "region": "eu-west-1"}, profile=profile)
    text = (tmp_path / "b/terraform.tfvars").read_text()
    lines = [line for line in text.splitlines() if line.startswith(("instance_type ", "region "))]
    assert lines == ['region = "eu-west-1"', 'instance_type = "p4d.24xlarge"']


@pytest.mark.parametrize(
    ("text", "says"),
    [("instance_typ = 1\n", "did you mean instance_type"), ("= 1\n", "not valid HCL"), ("\x00", "HCL")],
)
def test_a_profile_that_terraform_would_not_take_is_refused(
    text: str, says: str, module: Path, tmp_path: Path
) -> None:
    """Before anything is written from it."""
    profile = tmp_path / "big.tfvars"
    profile.write_text(text)
    with pytest.raises(ConfigError, match=says):
        TfvarsFile(profile, module=module).names()
