"""Whether ssh can log in with a key of this machine: ssh's own programs say so."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from gpuinfra.ground.errors import ConfigError
from gpuinfra.tools import process

# ssh -G runs what `Match exec` of the user's configuration says
ASK_TIMEOUT_S = 5.0
# ssh-add -l and -L (ssh-add(1)): 1 no keys, 2 no agent
NO_AGENT = 2


def trouble(private: Path, *, alias: str, environ: Mapping[str, str]) -> ConfigError | None:
    """Return why ssh could not use a private key for the host of this alias; None: it can.

    A key that the agent holds is usable, whatever its file is like; ssh asks the agent first.
    """
    public = Path(f"{private}.pub")
    try:
        wanted = public.read_text(errors="replace").split()[1]
    except (OSError, IndexError):
        return None  # the module's own condition says what is wrong with it
    held, has_agent = _held(alias, environ)
    if wanted in held:
        return None
    if not private.exists():
        return ConfigError(
            f"the private half of {public} is neither in {private} nor in an ssh agent"
            f" ({f'which has {len(held)} other keys' if has_agent else 'none runs'})",
            hint="public_key_path in terraform.tfvars must name a key that you have: ls ~/.ssh/*.pub",
        )
    return _file_trouble(private, public, wanted, has_agent=has_agent)


def identity_agent(alias: str, environ: Mapping[str, str]) -> str:
    """Return the agent that the user's own ssh configuration names for a host; empty: the usual one.

    Password managers set it up so (IdentityAgent, ssh_config(5)).
    """
    try:
        done = process.run(["ssh", "-G", alias], env=environ, timeout_s=ASK_TIMEOUT_S)
    except (OSError, TimeoutError):
        return ""
    found = [line.split(None, 1)[1] for line in done.stdout.splitlines() if line.startswith("identityagent ")]
    return found[0] if found else ""


def _held(alias: str, environ: Mapping[str, str]) -> tuple[set[str], bool]:
    """Return the public keys that the agent holds, and whether there is one."""
    named = identity_agent(alias, environ)
    if named == "none":
        return set(), False
    env = dict(environ)
    if named and named != "SSH_AUTH_SOCK":
        env["SSH_AUTH_SOCK"] = env.get(named[1:], "") if named.startswith("$") else os.path.expanduser(named)  # noqa: PTH111
    try:
        done = process.run(["ssh-add", "-L"], env=env, timeout_s=ASK_TIMEOUT_S)
    except (OSError, TimeoutError):
        return set(), False
    return {
        word for line in done.stdout.splitlines() for word in line.split()[1:2]
    }, done.returncode < NO_AGENT


def _file_trouble(private: Path, public: Path, wanted: str, *, has_agent: bool) -> ConfigError | None:
    found = private.stat()
    if found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) & 0o077:
        mode = f"{stat.S_IMODE(found.st_mode):04o}"
        return ConfigError(
            f"{private} has mode {mode}: ssh uses no private key that others can read",
            hint=f"chmod 600 {private}",
        )
    done = process.run(["ssh-keygen", "-y", "-P", "", "-f", str(private)])
    if done.returncode == 0:
        if done.stdout.split()[1:2] == [wanted]:
            return None
        return ConfigError(
            f"{private} is not the private half of {public}: a host made with the one lets the other not in",
            hint=f"ssh-keygen -y -f {private} > {public}",
        )
    if "passphrase" in done.stderr:
        start = "" if has_agent else 'eval "$(ssh-agent)"; '
        return ConfigError(
            f"{private} has a passphrase, and no ssh agent holds the key", hint=f"{start}ssh-add {private}"
        )
    why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    return ConfigError(
        f"ssh cannot read the private key {private}: {why}", hint=f"ssh-keygen -y -f {private}"
    )
