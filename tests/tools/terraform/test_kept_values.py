"""What was read from terraform.tfvars is kept: the same values, without the HCL library."""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gpuinfra.ground.errors import ConfigError
from gpuinfra.tools.terraform.hcl_text import NotHclError
from gpuinfra.tools.terraform.kept_values import KeptValues, read
from gpuinfra.tools.terraform.tfvars import TfvarsFile
from tests.tools.terraform.test_as_terraform import MODULE, READ, REFUSED, REST, text_of

ODD = """a = -1.50
b = [1, ["x"], null, true]
c = 1 + 1
d = { number = "1" }
e = "\\ud800 caf\u00e9"
f = null
"""


def kept_file(directory: Path) -> Path:
    """Return the only file that is kept."""
    (path,) = directory.iterdir()
    return path


def seen(reader: Callable[[str], Mapping[str, object]], text: str) -> list[tuple[object, ...]]:
    """Return names, values and their types, or the line that is no HCL."""
    try:
        return [(name, value, type(value)) for name, value in reader(text).items()]
    except NotHclError as error:
        return [(NotHclError, error.line)]


@pytest.mark.parametrize("text", [ODD, *map(text_of, READ), *map(text_of, REFUSED)])
def test_the_same_is_read_again(text: str, tmp_path: Path) -> None:
    """First and second time; what is not HCL is refused each time."""
    kept = KeptValues(tmp_path / "kept", tmp_path / "terraform.tfvars")
    for _ in range(2):
        assert seen(kept.of, text) == seen(read, text)


def test_an_edit_counts_at_once(tmp_path: Path) -> None:
    """And each file has its own; both are for their owner only."""
    path, other = tmp_path / "terraform.tfvars", tmp_path / "other.tfvars"
    for region in ("us-east-1", "eu-west-1"):
        path.write_text(REST.replace("us-east-1", region))
        for _ in range(2):
            assert TfvarsFile(path, module=MODULE, kept=tmp_path / "kept").read().region == region
    other.write_text(REST)
    TfvarsFile(other, module=MODULE, kept=tmp_path / "kept").read()
    assert [one.stat().st_mode & 0o777 for one in (tmp_path / "kept").iterdir()] == [0o600, 0o600]
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700


def test_what_is_kept_is_read_without_the_library(tmp_path: Path) -> None:
    """It takes longer to start than all else of a command that makes nothing."""
    (tmp_path / "terraform.tfvars").write_text(REST)
    script = (
        "import sys; from pathlib import Path; from gpuinfra.tools.terraform.tfvars import TfvarsFile\n"
        f"here = Path({str(tmp_path)!r})\n"
        f"values = TfvarsFile(here / 'terraform.tfvars', module=Path({str(MODULE)!r}), kept=here / 'kept')\n"
        "print(values.read().owner)\n"
        "print('hcl2' in sys.modules)"
    )
    told = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert told == ["ada\nTrue\n", "ada\nFalse\n"]


@pytest.mark.parametrize("seed", range(200))
def test_a_damaged_file_is_as_none(seed: int, tmp_path: Path) -> None:
    """Whatever became of it: the values are right."""
    kept = KeptValues(tmp_path / "kept", tmp_path / "terraform.tfvars")
    kept.of(ODD)
    path, chance = kept_file(tmp_path / "kept"), random.Random(seed)
    whole = path.read_bytes()
    head = json.dumps({"key": json.loads(whole)["key"], "values": {}}).index("values")
    cut = chance.randrange(head, len(whole))  # the hash still fits
    path.write_bytes(whole[:cut] + chance.randbytes(chance.randrange(4)))
    assert kept.of(ODD) == read(ODD)


@pytest.mark.parametrize(
    "values", [{"a": {}}, {"a": {"number": "x"}}, {"a": 5}, {"a": [{"other": 1}]}, 5, None]
)
def test_values_of_no_shape_of_ours_are_read_anew(values: object, tmp_path: Path) -> None:
    """The hash fits, the rest does not."""
    kept = KeptValues(tmp_path / "kept", tmp_path / "terraform.tfvars")
    kept.of(ODD)
    path = kept_file(tmp_path / "kept")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"values": values}))
    assert kept.of(ODD) == read(ODD)


def test_where_nothing_can_be_kept_all_is_read(tmp_path: Path) -> None:
    """The directory's place is taken by a file."""
    (tmp_path / "kept").write_text("")
    (tmp_path / "terraform.tfvars").write_text(REST)
    values = TfvarsFile(tmp_path / "terraform.tfvars", module=MODULE, kept=tmp_path / "kept")
    assert values.read().owner == "ada"
    (tmp_path / "terraform.tfvars").write_text("owner = ")
    with pytest.raises(ConfigError, match="valid HCL"):
        values.read()
