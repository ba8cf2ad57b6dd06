"""The ssh configuration of one stack: its own file, its pinned host key, one connection for many commands."""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from gpuinfra.ground import paths
from gpuinfra.ground.model import Host
from gpuinfra.tools.files import is_ours_alone, make_private, write_private

# A Unix socket's path has 104 bytes on macOS (108 on Linux); ssh adds a suffix of 17 while it opens one.
SOCKET_PATH_BYTES = 104 - 17 - 1
PERSIST = "10m"
# The host gets nothing of the user's: no agent, no display, no command of a `Host *`; and no proxy, port or
# name of theirs leads elsewhere. SessionType and the like are unknown before OpenSSH 8.7.
CLOSED = {
    "IgnoreUnknown": "SessionType,StdinNull,ForkAfterAuthentication,KnownHostsCommand",
    "Port": "22",
    # of these two ssh takes the one that comes first, whatever the other says: a private host has a command
    "ProxyCommand": "none",
    "ProxyJump": "none",
    "CanonicalizeHostname": "no",
    "PubkeyAuthentication": "yes",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "Tunnel": "no",
    "PermitLocalCommand": "no",
    "RemoteCommand": "none",
    "RequestTTY": "auto",
    "SessionType": "default",
    "StdinNull": "no",
    "ForkAfterAuthentication": "no",
    "VerifyHostKeyDNS": "no",
    "KnownHostsCommand": "none",
    "ControlMaster": "no",
    "ControlPath": "none",
}
SHORT = "/tmp/gpuinfra"  # noqa: S108  # its owner and mode are checked, and Linux keeps others from renaming it


def alias(stack: str) -> str:
    """Return the name under which ssh, rsync, git and editors find the host."""
    return f"gpuinfra-{stack}"


def path(stack: str, environ: Mapping[str, str]) -> Path:
    """Return where the file of a stack is kept: what ssh, rsync, git and editors read."""
    return paths.state_home(environ) / "ssh" / f"{stack}.conf"


def own_path(host: Host, environ: Mapping[str, str]) -> Path:
    """Return what gpuinfra's own commands read: a file of this very host.

    Two clones may have a stack of the same name; the one must never speak to the other's host.
    """
    return paths.state_home(environ) / "hosts" / f"{host.instance_id}.conf"


def write(
    host: Host, *, address: str, known_hosts: Path, environ: Mapping[str, str], agent: str = ""
) -> Path:
    """Write both files, each in one step; return the stack's.

    agent: what the user's own configuration names as IdentityAgent. The stack's file is read beside that
    configuration; the host's own is read alone, and has to say it.
    """
    text = render(host, address=address, known_hosts=known_hosts, socket=control_path(host, environ))
    target = path(host.stack, environ)
    own = f"{text}  IdentityAgent {_quoted(agent)}\n" if agent else text
    for file, content in ((own_path(host, environ), own), (target, text)):
        make_private(file.parent)
        write_private(file, content.encode())
    return target


def address(host: Host, environ: Mapping[str, str]) -> str:
    """Return the address that the host's file has; its recorded one without a file."""
    file = own_path(host, environ)
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    found = [line.split(None, 1)[1] for line in lines if line.startswith("  HostName ")]
    return found[0] if found else host.address


def remove(host: Host, environ: Mapping[str, str]) -> None:
    """Delete both files, the stack's only if it is this host's."""
    target = path(host.stack, environ)
    if target.is_file() and f"  HostKeyAlias {host.instance_id}\n" in target.read_text(errors="replace"):
        target.unlink()
    own_path(host, environ).unlink(missing_ok=True)


def render(host: Host, *, address: str, known_hosts: Path, socket: Path | None) -> str:
    """Return the file's text.

    The host key is looked up under the instance id, so that a new address after stop and start changes
    nothing; a key that is not in `known_hosts` is refused, never asked about. What a `Host *` of the user
    could open is closed: an option counts as it is first found (ssh_config(5)), and ours is included first.
    """
    options = {
        **CLOSED,
        "HostName": address,
        "User": host.ssh_user,
        "IdentityFile": _quoted(host.private_key_path),
        "IdentitiesOnly": "yes",
        "HostKeyAlias": host.instance_id,
        "UserKnownHostsFile": _quoted(str(known_hosts)),
        "GlobalKnownHostsFile": os.devnull,
        "StrictHostKeyChecking": "yes",
        "CheckHostIP": "no",
        "UpdateHostKeys": "no",
        "PreferredAuthentications": "publickey",
        "ConnectTimeout": "15",
        "ServerAliveInterval": "15",
        "ServerAliveCountMax": "4",
        # 1 GiB by rsync: 2.8 s with it, 4.1 s with the default (on a CPU with AES instructions)
        "Ciphers": "^aes128-gcm@openssh.com",
    }
    if host.is_private:
        options |= {"ProxyCommand": proxy_command(host.region)}
    if socket:
        options |= {"ControlMaster": "auto", "ControlPath": _quoted(str(socket)), "ControlPersist": PERSIST}
    lines = [f"  {name} {value}" for name, value in options.items()]
    return "\n".join(["# Written by gpuinfra; do not edit.", f"Host {alias(host.stack)}", *lines, ""])


def proxy_command(region: str) -> str:
    """Return what carries ssh through Session Manager: this very program, whatever is on PATH."""
    python = shlex.quote(sys.executable).replace("%", "%%")
    return f"{python} -P -m gpuinfra ssm-proxy --region {shlex.quote(region)} %h %p"


def include_line(environ: Mapping[str, str]) -> str:
    """Return the line of ~/.ssh/config that makes every stack's alias known."""
    return f"Include {_quoted(str(path('*', environ)))}"


def own_config() -> Path:
    """Return the user's own configuration; we touch it only when asked to."""
    return Path.home() / ".ssh" / "config"


def is_included(environ: Mapping[str, str], own: Path) -> bool:
    """Tell whether the user's own configuration includes ours."""
    return own.is_file() and include_line(environ) in own.read_text(errors="replace").splitlines()


def include(environ: Mapping[str, str], own: Path) -> None:
    """Put the line first into that file, in one step; an Include below a Host would belong to it."""
    if is_included(environ, own):
        return
    own.parent.mkdir(mode=0o700, exist_ok=True)
    before = own.read_bytes() if own.is_file() else b""
    write_private(own.resolve(), include_line(environ).encode() + b"\n" + before)


def control_path(host: Host, environ: Mapping[str, str]) -> Path | None:
    """Return where the shared connection's socket goes: a directory of ours alone; None if there is none.

    The last choice is for a long home directory, as on a company's file server.
    """
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    homes = [Path(runtime) / "gpuinfra"] if runtime else []
    for directory in [*homes, paths.cache_home(environ) / "ssh", Path(f"{SHORT}-{os.getuid()}")]:
        socket = directory / host.instance_id
        if len(str(socket).encode()) <= SOCKET_PATH_BYTES and is_ours_alone(directory):
            return socket
    return None


def _quoted(text: str) -> str:
    """Quote a path for ssh_config(5), where % starts a token."""
    return '"' + text.replace("%", "%%") + '"'
