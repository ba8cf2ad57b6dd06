"""What OpenSSH knows on this machine: the agent's keys, the servers of known_hosts."""

from collections.abc import Sequence

from gpuinfra.tools import process
from gpuinfra.tools.adapter import adapter


@adapter("ssh's agent cannot be asked")
class SshAgent:
    """The Agent protocol."""

    def has_keys(self) -> bool:
        """Ask the agent; ssh-add -l ends with 0 only if it holds a key."""
        return _said(["ssh-add", "-l"])[0] == 0

    def meant(self, alias: str) -> tuple[str, str, str]:
        """Return the user, server and port that the user's own ssh configuration has for a name."""
        found = {"user": "", "hostname": alias, "port": "22"}
        for line in _said(["ssh", "-G", alias])[1].splitlines():
            name, _, value = line.partition(" ")
            if name in found:
                found[name] = value
        return found["user"], found["hostname"], found["port"]

    def known_hosts(self, server: str) -> str:
        """Ask the user's known_hosts; hashed lines are valid anywhere."""
        code, text = _said(["ssh-keygen", "-F", server])
        return "" if code else "".join(f"{x}\n" for x in text.splitlines() if x and not x.startswith("#"))


def _said(argv: Sequence[str]) -> tuple[int, str]:
    try:
        done = process.run(argv)
    except OSError:
        return 127, ""
    return done.returncode, done.stdout
