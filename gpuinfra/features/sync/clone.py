"""A git repository, straight from its server onto the host.

Credentials are used for this clone and never stored on the host.
"""

import dataclasses
import getpass
import json
import re
import sys
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from gpuinfra.features.connect.connect import connect
from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World
from gpuinfra.tools.ssh import host_bundle

# git@server:path, the short form of ssh://git@server/path
SCP_LIKE = re.compile(r"(?:([\w.-]+)@)?([\w.-]+):(?!//)(.+)")
TOKEN = re.compile(r"gh[a-z]_|github_pat_|glpat-|hf_")  # as GitHub, GitLab and Hugging Face begin theirs
NAME = re.compile(r"[\w.-]+")
# What clone.py on the host ends with; after the last two the repository itself is there.
EXISTS, NO_GIT, NO_SUBMODULES, NO_LFS = 3, 4, 5, 6
SSH_PORT = "22"
NO_ENTRY = ("could not read Username", "Authentication failed", "Permission denied (publickey", "403")
CLOSED = ("Connection timed out", "Connection refused")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A repository: its address, whether ssh reaches it, its server (as known_hosts names it), its name."""

    url: str
    by_ssh: bool
    server: str
    name: str
    user: str = ""


class Agent(Protocol):
    """What ssh knows on this machine: the keys to lend and the servers."""

    def has_keys(self) -> bool:
        """Tell whether an agent runs and holds a key."""

    def meant(self, alias: str) -> tuple[str, str, str]:
        """Return the user, server and port that the user's own ssh configuration has for a name."""

    def known_hosts(self, server: str) -> str:
        """Return the lines of known_hosts for a server; empty when it is not known."""


def parse(url: str) -> Source:
    """Return what a URL means.

    Raises:
        ConfigError: it is none that git can clone safely.
    """
    short = SCP_LIKE.fullmatch(url) if "://" not in url else None
    if short:
        return Source(url=url, by_ssh=True, server=short[2], name=_name(short[3], url), user=short[1] or "")
    parts = urlsplit(url)
    if parts.password is not None or TOKEN.match(parts.username or ""):
        raise ConfigError(
            "the URL holds a password or token: it would stay in shell histories and in .git/config",
            hint="gpuinfra clone --token https://...   # asks for it, or reads it from stdin",
        )
    if parts.scheme not in ("https", "ssh") or not parts.hostname:
        raise ConfigError(f"{url!r} is neither https://..., ssh://... nor user@server:path")
    port = f"[{parts.hostname}]:{parts.port}" if parts.port and parts.scheme == "ssh" else parts.hostname
    by_ssh = parts.scheme == "ssh"
    return Source(url=url, by_ssh=by_ssh, server=port, name=_name(parts.path, url), user=parts.username or "")


def clone(world: World, agent: Agent, url: str, *, into: str, with_token: bool) -> str:
    """Clone onto the host, with a token from stdin if asked; return the directory, below the home."""
    source = parse(url)
    token = read_token(source.server) if with_token else ""
    return clone_source(world, agent, source, into=into, token=token)


def clone_source(world: World, agent: Agent, source: Source, *, into: str, token: str) -> str:
    """Clone onto the host; return the directory, below the home.

    Raises:
        ConfigError: no agent or no known key for ssh, or a directory outside of the home.
        HostError: git refused.
    """
    directory = into or f"{world.folder}/{source.name}"
    if directory.startswith(("/", "~")) or ".." in directory.split("/"):
        raise ConfigError(f"{directory!r} is not below the home of the host's user")
    source = _meant(source, agent) if source.by_ssh else source
    known = _known(agent, source) if source.by_ssh else ""
    host = connect(world)
    program = host_bundle.script("clone.py", source.url, directory)
    user = "" if source.by_ssh or source.user else "x-access-token"
    stdin = json.dumps({"token": token, "user": user, "known_hosts": known}) + "\n"
    git = world.host.run(host, program, stdin=stdin.encode(), shown=True, lend_agent=source.by_ssh)
    if git.code:
        raise _refused(git.code, git.stderr, source, directory, host.stack)
    return directory


def _meant(source: Source, agent: Agent) -> Source:
    """Return the source by its server's own name: of an alias in ~/.ssh/config the host knows nothing."""
    alias, _, typed = source.server.strip("[").partition("]:")
    user, server, port = agent.meant(alias)
    port = typed or port
    if (server, port) == (alias, typed or SSH_PORT):
        return source
    login = f"{source.user or user}@"
    short = SCP_LIKE.fullmatch(source.url)
    path = short[3] if short else urlsplit(source.url).path.lstrip("/")
    if port == SSH_PORT:
        url = f"{login}{server}:{path}" if short else f"ssh://{login}{server}/{path}"
        return dataclasses.replace(source, url=url, server=server)
    return dataclasses.replace(
        source, url=f"ssh://{login}{server}:{port}/{path}", server=f"[{server}]:{port}"
    )


def _known(agent: Agent, source: Source) -> str:
    """Return the server's keys as this machine knows them: the host trusts those and no others."""
    if not agent.has_keys():
        raise ConfigError(
            "the ssh agent of this machine has no key to lend (or none runs)",
            hint='eval "$(ssh-agent)"; ssh-add',
        )
    known = agent.known_hosts(source.server)
    if not known:
        raise ConfigError(
            f"this machine does not know the ssh key of {source.server}, so the host cannot verify it",
            hint=f"ssh -T git@{source.server}   # once; compare the key with the published one",
        )
    return known


def _refused(code: int, stderr: str, source: Source, directory: str, stack: str) -> HostError:
    lines = [line for line in stderr.replace("\r", "\n").splitlines() if line.strip()]
    if code == EXISTS:
        return HostError(
            f"~/{directory} of the host exists and is not empty",
            hint=command(f"clone --into {directory}-2 {source.url}", stack),
        )
    if code == NO_GIT:
        return HostError(
            "git is not installed on the host", hint=command("ssh -- sudo apt-get install -y git", stack)
        )
    if code == NO_SUBMODULES:
        return HostError(
            f"~/{directory} is cloned, but not all of its submodules: {' / '.join(lines[-2:])}",
            hint=command(f"ssh -- git -C {directory} submodule status", stack),
        )
    if code == NO_LFS:
        return HostError(
            f"~/{directory} is cloned, but its git-lfs files are pointers only: the host has no git-lfs",
            hint=command("ssh -- sudo apt-get install -y git-lfs", stack)
            + f"   # then, there: cd {directory} && git lfs install && git lfs pull",
        )
    hint = ""
    if source.by_ssh and any(text in stderr for text in CLOSED):
        hint = "egress_ports = [22, 80, 443] in terraform.tfvars, then gpuinfra up; or an https:// URL"
    elif any(text in stderr for text in NO_ENTRY):
        hint = "ssh-add -l" if source.by_ssh else command(f"clone --token {source.url}", stack)
    return HostError(
        f"git could not clone {source.url}: {' / '.join(lines[-3:]) or 'no reason given'}", hint=hint
    )


def _name(path: str, url: str) -> str:
    name = path.rstrip("/").rpartition("/")[2].removesuffix(".git")
    if not NAME.fullmatch(name) or name in (".", ".."):
        raise ConfigError(f"{url!r} names no repository")
    return name


def read_token(server: str) -> str:
    """Return a token from stdin: typed unseen at a terminal, else its first line.

    Raises:
        ConfigError: there is none.
    """
    question = f"token for {server} (not shown, not kept): "
    token = getpass.getpass(question) if sys.stdin.isatty() else sys.stdin.readline()
    if not token.strip() or not token.strip().isprintable():
        raise ConfigError("there is no token on stdin", hint="gh auth token | gpuinfra clone --token URL")
    return token.strip()
