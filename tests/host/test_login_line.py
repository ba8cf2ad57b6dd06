"""The line that a login shows, as the host keeps it."""

import stat
import subprocess
from pathlib import Path

from gpuinfra.host import login_line


def shown(root: Path, **env: str) -> str:
    """Return what the profile prints in a shell with this environment."""
    script = (root / login_line.PROFILE).read_text().replace("/var/lib", f"{root}/var/lib")
    return subprocess.run(["sh", "-c", script], env=env, capture_output=True, text=True, check=False).stdout


def test_a_line_for_who_logs_in_at_a_terminal(tmp_path: Path) -> None:
    """Everybody can read it; it is one line; a command, and each pane of tmux, has nothing of it."""
    login_line.write("gpuinfra: 1.211 USD an hour\n\x1b[2J", tmp_path)
    assert shown(tmp_path, SSH_TTY="/dev/pts/0") == "gpuinfra: 1.211 USD an hour[2J\n"
    assert not shown(tmp_path)
    assert not shown(tmp_path, SSH_TTY="/dev/pts/0", TMUX="/tmp/tmux-1000/default,1,0")
    assert stat.S_IMODE((tmp_path / login_line.LINE).stat().st_mode) == 0o644
    login_line.write("x" * 10_000, tmp_path)
    assert len(shown(tmp_path, SSH_TTY="/dev/pts/0")) == login_line.MAX_CHARACTERS + 1
    login_line.write("", tmp_path)
    assert not shown(tmp_path, SSH_TTY="/dev/pts/0")
