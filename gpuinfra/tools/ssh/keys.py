"""Key pairs of ours, made by ssh-keygen, and the public key that a user names."""

import sys
from pathlib import Path

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.platforms import install_openssh
from gpuinfra.tools import process
from gpuinfra.tools.files import make_private


def own_key(directory: Path) -> Path:
    """Return the public half of gpuinfra's own key pair, making it at the first call (ed25519, 0600).

    Raises:
        ConfigError: ssh-keygen is missing or fails.
    """
    private, public = directory / "id_ed25519", directory / "id_ed25519.pub"
    if private.exists() and public.exists():
        return public
    make_private(directory)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "gpuinfra", "-f", str(private)]
    try:
        done = process.run(command)
    except FileNotFoundError:
        raise ConfigError("ssh-keygen is not installed", hint=install_openssh(sys.platform)) from None
    if done.returncode:
        raise ConfigError(f"ssh-keygen could not make {private}: {done.stderr.strip()}")
    return public


def public_key(path: Path) -> Path:
    """Return the path of a public key that the user named, checked.

    Raises:
        ConfigError: it does not exist or is not a public key (a private one above all).
    """
    path = path.expanduser()
    if not path.is_file():
        raise ConfigError(f"{path} does not exist", hint="gpuinfra init   # makes a key of its own")
    if not path.read_text(errors="replace").startswith(("ssh-", "ecdsa-", "sk-")):
        raise ConfigError(f"{path} is not an OpenSSH public key (it should end in .pub)")
    return path
