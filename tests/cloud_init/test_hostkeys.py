"""The host prints its public keys in one block, marked with the nonce of its user-data."""

import subprocess
from pathlib import Path

from tests.cloud_init.userdata import TEMPLATES

SCRIPT = TEMPLATES / "scripts/hostkeys.sh"
KEYS = {"ed25519": "ssh-ed25519 AAAAC3Nz root@ip-10-0-0-1\n", "rsa": "ssh-rsa AAAAB3Nz\n"}


def test_the_block_holds_every_public_key_between_markers_with_the_nonce(tmp_path: Path) -> None:
    """Type and key of each, no comment, nothing private; the nonce in both markers."""
    for kind, line in KEYS.items():
        (tmp_path / f"ssh_host_{kind}_key.pub").write_text(line)
        (tmp_path / f"ssh_host_{kind}_key").write_text("PRIVATE")
    (tmp_path / "env").write_text("STACK=default\nNONCE=0abc\n")
    console = tmp_path / "console"
    subprocess.run(["bash", SCRIPT, console, tmp_path, tmp_path / "env"], check=True)
    assert console.read_text() == (
        "\n-----BEGIN GPUINFRA HOST KEYS 0abc-----\n"
        "ssh-ed25519 AAAAC3Nz\nssh-rsa AAAAB3Nz\n"
        "-----END GPUINFRA HOST KEYS 0abc-----\n"
    )


def test_without_a_nonce_nothing_is_printed(tmp_path: Path) -> None:
    """A block that no reader can trust is not worth its place on the console."""
    (tmp_path / "ssh_host_rsa_key.pub").write_text(KEYS["rsa"])
    (tmp_path / "env").write_text("STACK=default\n")
    console = tmp_path / "console"
    done = subprocess.run(["bash", SCRIPT, console, tmp_path, tmp_path / "env"], check=False)
    assert done.returncode != 0
    assert not console.exists()
