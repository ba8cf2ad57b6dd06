"""What is said where gpuinfra cannot run, or lacks OpenSSH."""

import subprocess
import sys
from pathlib import Path

import pytest

from gpuinfra.ground import platforms
from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.tools.ssh import client, keys


@pytest.mark.parametrize(
    ("platform", "runs"), [("linux", True), ("darwin", True), ("win32", False), ("cygwin", False)]
)
def test_windows_is_told_to_take_wsl(platform: str, runs: bool) -> None:
    """With the one command that helps; elsewhere nothing is said."""
    said = platforms.refusal(platform)
    assert (said == "") is runs
    assert runs or "next: wsl --install" in said


def test_the_program_stops_there_before_anything_else() -> None:
    """Exit code 2, and no traceback about a missing os.getuid."""
    code = "import sys; sys.platform = 'win32'; sys.argv = ['gpuinfra', 'ip']\n"
    code += "from gpuinfra.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == platforms.NOT_ON_WINDOWS


@pytest.mark.parametrize(
    ("platform", "command"), [("darwin", "brew install openssh"), ("linux", "sudo apt-get"), ("x", "sudo")]
)
def test_how_openssh_is_installed(platform: str, command: str) -> None:
    """By the platform's own way."""
    assert platforms.install_openssh(platform).startswith(command)


def test_openssh_is_missed_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both programs of it, when they are needed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    hint = platforms.install_openssh(sys.platform)
    with pytest.raises(HostError, match="ssh is not installed") as session:
        client.program()
    with pytest.raises(ConfigError, match="ssh-keygen is not installed") as key:
        keys.own_key(tmp_path / "keys")
    assert session.value.hint == key.value.hint == hint
    assert list((tmp_path / "keys").iterdir()) == []
