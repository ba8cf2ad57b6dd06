"""Texts of terraform.tfvars: what Python reads is what Terraform evaluates, or it is refused in words."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Settings
from gpuinfra.tools.terraform import binary as toolchain
from gpuinfra.tools.terraform.tfvars import TfvarsFile

MODULE = Path(__file__).resolve().parents[3] / "terraform"
REST = 'owner = "ada"\nregion = "us-east-1"\nallowed_cidrs = []\npublic_key_path = "k.pub"\n'
# Text -> what of it both read, as name and value.
READ: dict[str, tuple[str, object]] = {
    'project = "a"': ("project", "a"),
    'project = "a" # end': ("project", "a"),
    'project = "a" // end "quoted"': ("project", "a"),
    'project = /* here */ "a"': ("project", "a"),
    '/* project = "b"\n */ project = "a"': ("project", "a"),
    'project = "a" /* after\n two lines */': ("project", "a"),
    'project /* odd */ = "a"': ("project", "a"),
    '# /* \nproject = "a"\n# */': ("project", "a"),
    'project = "/* a */"': ("project", "/* a */"),
    'project = "a // b # c"': ("project", "a // b # c"),
    'project = ("a")': ("project", "a"),
    'project = (("a"))': ("project", "a"),
    'project = "\\u0061\\t\\"q\\" \\\\"': ("project", 'a\t"q" \\'),
    'project = "\\U0001f600"': ("project", "\U0001f600"),
    'project = "$${x} %%{y}"': ("project", "${x} %{y}"),
    'project = "$5 100%"': ("project", "$5 100%"),
    'project = "caf\u00e9"': ("project", "caf\u00e9"),
    "project = null": ("project", "gpuinfra"),
    'tags = { project = 1, region = "x" }': ("project", "gpuinfra"),
    "root_volume_iops = 2 * 3000": ("project", "gpuinfra"),
    'job_time_limit = <<E\nproject = "b"\nE': ("project", "gpuinfra"),
    '\ufeffproject = "a"': ("project", "a"),
    'project = "a"\r': ("project", "a"),
    '\t\tproject="a"': ("project", "a"),
    "root_volume_size_gb = 200": ("root_volume_size_gb", 200),
    "root_volume_size_gb = 200.0": ("root_volume_size_gb", 200),
    'root_volume_size_gb = "200"': ("root_volume_size_gb", 200),
    'root_volume_size_gb = "200.0"': ("root_volume_size_gb", 200),
    "root_volume_size_gb = 2e2": ("root_volume_size_gb", 200),
    "root_volume_size_gb = 0200": ("root_volume_size_gb", 200),
    "root_volume_size_gb = (200)": ("root_volume_size_gb", 200),
    "root_volume_size_gb = -5": ("root_volume_size_gb", -5),
    "root_volume_size_gb = null": ("root_volume_size_gb", 128),
    'allowed_cidrs = ["a", "b",]': ("allowed_cidrs", ("a", "b")),
    'allowed_cidrs = [\n  "a", # home\n  # "c",\n\n  "b" /* x */ ,\n]': ("allowed_cidrs", ("a", "b")),
    'allowed_cidrs = ([("a")])': ("allowed_cidrs", ("a",)),
    "allowed_cidrs = []": ("allowed_cidrs", ()),
}
# Text -> the key that the refusal names; most of these Terraform takes.
REFUSED = {
    'project = "${1 + 1}"': "project",
    'project = "%{ if true }a%{ endif }"': "project",
    'project = true ? "a" : "b"': "project",
    "project = <<E\na\nE": "project",
    'project = "$$${x}"': "project",
    "project = 5": "project",
    "project = true": "project",
    'project = ["a"]': "project",
    "root_volume_size_gb = 100 + 100": "root_volume_size_gb",
    "root_volume_size_gb = 200.5": "root_volume_size_gb",
    'root_volume_size_gb = "2e2"': "root_volume_size_gb",
    'root_volume_size_gb = "0x10"': "root_volume_size_gb",
    "root_volume_size_gb = true": "root_volume_size_gb",
    'allowed_cidrs = "a"': "allowed_cidrs",
    "allowed_cidrs = [5]": "allowed_cidrs",
    'allowed_cidrs = ["${1}"]': "allowed_cidrs",
    'allowed_cidrs = [for c in ["a"] : c]': "allowed_cidrs",
    'allowed_cidrs = concat(["a"])': "allowed_cidrs",
    "public_key_path = pathexpand(1)": "public_key_path",
    'project = "a"\nproject = "b"': "valid HCL",
    'project = "a\nb"': "project",
    'project = "\\d"': "project",
    "project = 'a'": "valid HCL",
    'project: "a"': "valid HCL",
    'projekt = "a"': "project",
}


def text_of(row: str) -> str:
    """Return a whole file with a row in it; what the row sets itself is left out of the rest."""
    own = row.lstrip("\ufeff")
    rest = [line for line in REST.splitlines() if not own.startswith(line.split()[0])]
    return "\n".join([row, *rest, ""])


def read(row: str, directory: Path) -> Settings:
    """Read a file with a row in it."""
    path = directory / "terraform.tfvars"
    path.write_bytes(text_of(row).encode())
    return TfvarsFile(path, module=MODULE).read()


@pytest.mark.parametrize("row", READ)
def test_read(row: str, tmp_path: Path) -> None:
    """What is plain is read, however it is written."""
    name, value = READ[row]
    assert getattr(read(row, tmp_path), name) == value


@pytest.mark.parametrize("row", REFUSED)
def test_refused(row: str, tmp_path: Path) -> None:
    """What is not is refused: the key is named, and what to write."""
    with pytest.raises(ConfigError, match=REFUSED[row]) as caught:
        read(row, tmp_path)
    assert caught.value.hint


@pytest.mark.e2e
def test_terraform_evaluates_the_same(tmp_path: Path) -> None:
    """Each row that Python reads, in real Terraform, by the variables' own types and defaults."""
    terraform = toolchain.find(MODULE.parent / ".tools", os.environ)
    text = (MODULE / "variables.tf").read_text()
    (tmp_path / "main.tf").write_text("\n".join(without_validations(text)))

    def evaluated(number: int, row: str) -> object:
        path = tmp_path / f"{number}.tfvars"
        path.write_bytes(text_of(row).encode())
        done = subprocess.run(
            [terraform, "console", f"-var-file={path}"],
            cwd=tmp_path,
            input=f"jsonencode(var.{READ[row][0]})\n",
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"], "CHECKPOINT_DISABLE": "1"},
            check=False,
        )
        assert (done.returncode, "Warning" in done.stdout) == (0, False), row + done.stdout + done.stderr
        return json.loads(json.loads(done.stdout))

    found = [evaluated(number, row) for number, row in enumerate(READ)]
    assert found == [list(v) if isinstance(v, tuple) else v for _, v in READ.values()]


def without_validations(text: str) -> list[str]:
    """Return variables.tf with its types and defaults alone: a value that a rule refuses is read, too."""
    kept, skipping = [], False
    for line in text.splitlines():
        skipping = skipping or line.startswith("  validation")
        if not skipping:
            kept.append(line)
        skipping = skipping and line != "  }"
    return kept
