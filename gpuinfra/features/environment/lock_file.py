"""environment.lock: exact packages with their hashes, bound to one environment.yml. Pure."""

import hashlib
import re
from collections.abc import Iterable

from gpuinfra.features.environment.solution import NO_CUDA, Solution
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.text import shorten

FILE = "environment.lock"
RENEW = f"gpuinfra env lock   # or delete {FILE}: then the host solves"
_INPUT = re.compile(rb"^#.*\binput-sha256=([0-9a-f]{64})\b", re.M)

# what stands before the bare name of a channel, unless CONDA_CHANNEL_ALIAS names another one
DEFAULT_ALIAS = "https://conda.anaconda.org/"
_PACKAGE = re.compile(
    r"(?P<channel>https?://[^\s#]+)/(?:linux-64|noarch)/[\w.+!-]+\.(?:conda|tar\.bz2)#(?:sha256:)?[0-9a-f]{64}"
)
_ANACONDA = ("defaults", "anaconda", "main", "r", "msys2")


def refuse_foreign(lock: bytes, channels: Iterable[str], alias: str) -> None:
    """Refuse a lock that brings what environment.yml does not: conda takes its lines as they are.

    Raises:
        ConfigError: a line names no package by its sha256, or one of a channel that is not listed.
    """
    bases = {base for name in channels for base in _bases(name, alias)}
    for number, line in enumerate(lock.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("#") or line.strip() == "@EXPLICIT":
            continue
        package = _PACKAGE.fullmatch(line.strip())
        if not package:
            why = "must be the address of a package for linux-64 or noarch, # and its sha256"
        elif package["channel"] not in bases:
            why = f"is of a channel that environment.yml does not list ({', '.join(sorted(bases))})"
        else:
            continue
        raise ConfigError(f"{FILE}:{number}: error: {shorten(line)!r} {why}", hint=RENEW)


def _bases(channel: str, alias: str) -> set[str]:
    """Return the addresses that a channel's packages may have; in clear only if it is listed so."""
    if "://" in channel:
        return {channel.rstrip("/")}
    own = {f"{alias.rstrip('/')}/{channel}"}
    names = ("main", "r", "msys2") if channel in _ANACONDA[:2] else (channel.removeprefix("pkgs/"),)
    is_anacondas = channel in _ANACONDA or channel.startswith("pkgs/")
    return own | {f"https://repo.anaconda.com/pkgs/{name}" for name in names if is_anacondas}


def is_stale(lock: bytes, environment_yml: bytes) -> bool:
    """Tell whether a lock names another environment.yml as its source; the user's own may name none."""
    named = _INPUT.search(lock)
    return named is not None and named[1].decode("ascii") != _digest(environment_yml)


def stale() -> ConfigError:
    """Return the refusal of such a lock."""
    return ConfigError(f"{FILE} was made from another environment.yml", hint=RENEW)


def text(solution: Solution, environment_yml: bytes) -> str:
    """Return an explicit lock: what conda installs as it is, without a solve, each file checked by its hash.

    Raises:
        ConfigError: the channel gives no hash for a package.
    """
    bare = [p.name for p in solution.packages if not p.sha256]
    if bare:
        raise ConfigError(f"the channel gives no sha256 for {', '.join(bare)}: it cannot be locked")
    head = [
        f"# gpuinfra lock v1 input-sha256={_digest(environment_yml)} cuda={solution.cuda or NO_CUDA}",
        "# platform: linux-64; made by: gpuinfra env lock",
        "@EXPLICIT",
    ]
    return "\n".join([*head, *(f"{p.url}#sha256:{p.sha256}" for p in solution.packages)]) + "\n"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
