"""The host prints its public keys in one block, tied to the instance."""

import subprocess
from pathlib import Path

from tests.cloud_init.userdata import TEMPLATES

SCRIPT = TEMPLATES / "scripts/hostkeys.sh"
KEYS = {"ed25519": "ssh-ed25519 AAAAC3Nz root@ip-10-0-0-1\n", "rsa": "ssh-rsa AAAAB3Nz\n"}


def test_the_block_holds_every_public_key_between_markers_with_the_instance_id(tmp_path: Path) -> None:
    """Type and key of each, no comment, nothing private; the id in both markers."""
    for kind, line in KEYS.items():
        (tmp_path / f"ssh_host_{kind}_key.pub").write_text(line)
        (tmp_path / f"ssh_host_{kind}_key").write_text("PRIVATE")
    (tmp_path / "instance-id").write_text("i-0abc\n")
    console = tmp_path / "console"
    subprocess.run(["bash", SCRIPT, console, tmp_path, tmp_path / "instance-id"], check=True)
    assert console.read_text() == (
        "\n-----BEGIN GPUINFRA HOST KEYS i-0abc-----\n"
        "ssh-ed25519 AAAAC3Nz\nssh-rsa AAAAB3Nz\n"
        "-----END GPUINFRA HOST KEYS i-0abc-----\n"
    )


def test_a_host_without_an_id_says_so(tmp_path: Path) -> None:
    """The block is still printed, but no reader that knows the instance will take it."""
    (tmp_path / "ssh_host_rsa_key.pub").write_text(KEYS["rsa"])
    console = tmp_path / "console"
    subprocess.run(["bash", SCRIPT, console, tmp_path, tmp_path / "none"], check=True)
    assert "HOST KEYS unknown-----" in console.read_text()
