"""On the host: one line of ours that a login at a terminal shows. As root.

    sudo python3 -I -B gpuinfra/host/login_line.py < TEXT

By the shell's profile, not /etc/motd: pam_motd speaks once a connection, and `gpuinfra ssh` shares one.
"""

from __future__ import annotations

import sys
from pathlib import Path

LINE, PROFILE = Path("var/lib/gpuinfra/login-line"), Path("etc/profile.d/gpuinfra-login-line.sh")
SCRIPT = f'[ -n "$SSH_TTY" ] && [ -z "$TMUX$STY" ] && cat /{LINE} 2>/dev/null\n'  # not in each pane of tmux
MAX_CHARACTERS = 400


def write(text: str, root: Path = Path("/")) -> None:
    """Keep the line, each file in one step; empty text shows nothing."""
    line = "".join(filter(str.isprintable, text))[:MAX_CHARACTERS]
    for path, content in ((root / LINE, f"{line}\n" if line else ""), (root / PROFILE, SCRIPT)):
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.new")
        new.write_text(content, encoding="utf-8")
        new.chmod(0o644)
        new.replace(path)


if __name__ == "__main__":
    write(sys.stdin.read(4 * MAX_CHARACTERS))
