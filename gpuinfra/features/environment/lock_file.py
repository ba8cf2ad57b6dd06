"""environment.lock: exact packages with their hashes, bound to one environment.yml. Pure."""

import hashlib
import re

from gpuinfra.features.environment.solution import NO_CUDA, Solution
from gpuinfra.ground.errors import ConfigError

FILE = "environment.lock"
RENEW = f"gpuinfra env lock   # or delete {FILE}: then the host solves"
_INPUT = re.compile(rb"^#.*\binput-sha256=([0-9a-f]{64})\b", re.M)


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
