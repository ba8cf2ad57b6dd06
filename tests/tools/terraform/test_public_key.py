"""The key of a host: as the state has it, and as the file has it that terraform.tfvars names."""

import json
from pathlib import Path

import pytest

from gpuinfra.tools.terraform.state import LocalState
from gpuinfra.tools.terraform.tfvars import TfvarsFile
from tests import samples


def test_the_public_key(tmp_path: Path) -> None:
    """Type and key of the file that is named, also beside terraform.tfvars; none if it is gone."""
    path = tmp_path / "terraform.tfvars"
    path.write_text('public_key_path = "mine.pub"\n')
    file = TfvarsFile(path, module=tmp_path)
    assert file.public_key() == ""
    (tmp_path / "mine.pub").write_text("\nssh-ed25519 AAAA bob@new laptop\n")
    assert file.public_key() == "ssh-ed25519 AAAA"
    path.write_text(f'public_key_path = "{tmp_path / "mine.pub"}"\n')
    assert file.public_key() == "ssh-ed25519 AAAA"


@pytest.mark.parametrize(
    ("kept", "key"),
    [
        ("ssh-ed25519 AAAA bob@old", "ssh-ed25519 AAAA"),
        ("ssh-rsa AAAB", "ssh-rsa AAAB"),
        (None, ""),
        ("", ""),
    ],
)
def test_the_key_of_the_host(kept: str | None, key: str, tmp_path: Path) -> None:
    """Type and key, without the comment that an old tree kept; none where the pair was imported."""
    raw = json.loads(samples.STATE)
    pair = {
        "mode": "managed",
        "type": "aws_key_pair",
        "name": "this",
        "module": "module.host.module.key_pair",
    }
    raw["resources"].append(pair | {"instances": [{"attributes": {"id": "k", "public_key": kept}}]})
    path = tmp_path / "terraform.tfstate"
    path.write_text(json.dumps(raw))
    state = LocalState(path, stack="default", rescue_directories=(tmp_path,))
    assert state.read().public_key == key
