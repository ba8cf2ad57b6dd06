"""OpenSSH: keys by ssh-keygen, sessions by ssh itself."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from gpuinfra.errors import ConfigError, HostError
from gpuinfra.model import Host


def own_key(directory: Path) -> Path:
    """Return the public half of gpuinfra's own key pair, making it at the first call (ed25519, 0600).

    Raises:
        ConfigError: ssh-keygen is missing or fails.
    """
    private, public = directory / "id_ed25519", directory / "id_ed25519.pub"
    if private.exists() and public.exists():
        return public
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "gpuinfra", "-f", str(private)]
    try:
        subprocess.run(argv, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise ConfigError("ssh-keygen is not installed", hint="install OpenSSH's client") from None
    except subprocess.CalledProcessError as error:
        raise ConfigError(f"ssh-keygen could not make {private}: {error.stderr.strip()}") from None
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


def argv(host: Host, *, known_hosts: Path, command: Sequence[str]) -> list[str]:
    """Return the command line of a session whose host key must already be in `known_hosts`.

    The key is stored under the instance id, so a new address after stop and start changes nothing.
    """
    options = {
        "HostKeyAlias": host.instance_id,
        "UserKnownHostsFile": str(known_hosts),
        "GlobalKnownHostsFile": os.devnull,
        "StrictHostKeyChecking": "yes",
        "CheckHostIP": "no",
        "UpdateHostKeys": "no",
        "IdentitiesOnly": "yes",
        "IdentityFile": host.private_key_path,
        "ConnectTimeout": "15",
    }
    flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    return [program(), *flags, f"{host.ssh_user}@{host.public_ip}", *command]


def program() -> str:
    """Return OpenSSH's client.

    Raises:
        HostError: it is not installed.
    """
    found = shutil.which("ssh")
    if not found:
        raise HostError("ssh is not installed", hint="install OpenSSH's client")
    return found
