"""`ssh-config`: one alias, and ssh, rsync and git know the host; nobody's own file is touched unasked."""

import shlex
from pathlib import Path

import pytest

from tests.e2e.first_boot.lab_stack import LabStack

pytestmark = pytest.mark.e2e

OID = "0123456789abcdef0123456789abcdef01234567"
# the image has no git; its half of the conversation is four lines
UPLOAD_PACK = f"""#!/bin/sh
line="{OID} refs/heads/main of $1"
printf '%04x%s\\n0000' $((${{#line}} + 5)) "$line"
cat >/dev/null
"""


@pytest.fixture
def config(good: LabStack) -> Path:
    """The user's own ssh configuration, with something in it, after `ssh-config --install`."""
    own = good.home / ".ssh" / "config"
    if not own.exists():
        own.parent.mkdir(mode=0o700)
        own.write_text("Host *\n  User nobody\n")
        assert good.cli.ok("ssh-config") == "gpuinfra-default\n"
        assert own.read_text() == "Host *\n  User nobody\n"
    said = good.run("ssh-config", "--install")
    assert (said.returncode, said.stdout) == (0, "gpuinfra-default\n"), said.stderr
    return own


def test_the_line_comes_first_and_once(config: Path, good: LabStack) -> None:
    """Below a Host line it would only count for that host."""
    good.cli.ok("ssh-config", "--install")
    first, *rest = config.read_text().splitlines()
    assert first.startswith('Include "')
    assert rest == ["Host *", "  User nobody"]
    told = good.cli.json("ssh-config")
    assert told["alias"] == "gpuinfra-default"
    assert Path(told["path"]).is_file()


def test_plain_ssh(config: Path, good: LabStack) -> None:
    """With the key checked against AWS's word, over the shared connection."""
    done = good.tool("ssh", "-F", str(config), "gpuinfra-default", "whoami; hostname -I")
    assert done.stdout.startswith(f"ubuntu\n{good.recorded['private_ip']}"), done.stderr


def test_rsync(config: Path, good: LabStack, tmp_path: Path) -> None:
    """A folder goes there and comes back, as it was."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "weights 1.bin").write_bytes(bytes(range(256)) * 4096)
    shell = f"--rsh=ssh -F {config}"
    for source, target in (
        (f"{tmp_path}/there/", "gpuinfra-default:sync/"),
        ("gpuinfra-default:sync/", f"{tmp_path}/back/"),
    ):
        done = good.tool("rsync", "-a", shell, source, target)
        assert done.returncode == 0, done.stderr
    came, went = (tmp_path / d / "weights 1.bin" for d in ("back", "there"))
    assert came.read_bytes() == went.read_bytes()


def test_git(config: Path, good: LabStack) -> None:
    """Git's own client finds the host by its alias."""
    write = f"printf %s {shlex.quote(UPLOAD_PACK)} >git-upload-pack; chmod +x git-upload-pack"
    good.on_host(f"{write}; sudo mv git-upload-pack /usr/local/bin/")
    done = good.tool(
        "git",
        "ls-remote",
        "gpuinfra-default:work/repo",
        GIT_SSH_COMMAND=f"ssh -F {config}",
        GIT_PROTOCOL="version=0",
    )
    assert done.stdout.startswith(OID), done.stderr
