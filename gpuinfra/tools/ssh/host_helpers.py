"""Our own scripts on the host: sent with the first command that needs them, kept there under their hash."""

import base64
import gzip
import hashlib
import shlex
from collections.abc import Sequence
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "host"
DIRECTORY = ".cache/gpuinfra/host"  # below the login user's home


def directory(names: Sequence[str]) -> str:
    """Return where these files are kept, below the home: another content, another place."""
    digest = hashlib.sha256()
    for name in names:
        digest.update(f"{name}\0".encode() + (SOURCE / name).read_bytes())
    return f"{DIRECTORY}/{digest.hexdigest()[:16]}"


def command(names: Sequence[str], argv: Sequence[str]) -> str:
    """Return a shell command that writes the files if they are not there, then runs `python3 FIRST argv`."""
    place = f'd="$HOME/{directory(names)}"; {"".join(map(_written, names))}'
    return f'{place}exec /usr/bin/python3 "$d/{names[0]}" {shlex.join(argv)}'


def _written(name: str) -> str:
    data = base64.b64encode(gzip.compress((SOURCE / name).read_bytes(), mtime=0)).decode()
    # written whole, then named: two commands at once, or a lost connection, leave no half of it
    draft = f'"$d/.{name}.$$"'
    write = f'mkdir -p "$d" && printf %s {data} | base64 -d | gunzip >{draft} && mv {draft} "$d/{name}"'
    return f'[ -e "$d/{name}" ] || {{ {write} || exit 125; }}; '
