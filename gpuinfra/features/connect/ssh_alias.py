"""`ssh-config`: an alias for ssh, rsync, git and editors."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.features.connect.connect import connect
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World
from gpuinfra.tools.ssh import ssh_config


@dataclass(frozen=True, kw_only=True)
class SshAlias:
    """A name for the host, and the file that explains it to ssh."""

    alias: str
    path: Path

    def plain(self) -> dict[str, str]:
        """Return it as plain values."""
        return {"alias": self.alias, "path": str(self.path)}


def write_alias(world: World, environ: Mapping[str, str], *, install: bool) -> SshAlias:
    """Write the stack's ssh configuration; include it in ~/.ssh/config, or say how."""
    host = connect(world)  # which writes it
    own = ssh_config.own_config()
    if install:
        ssh_config.include(environ, own)
    elif not ssh_config.is_included(environ, own):
        line = ssh_config.include_line(environ)
        world.reporter.say(f"to use it everywhere, put this first in ~/.ssh/config: {line}")
        world.reporter.say(f"  or let {command('ssh-config --install', host.stack)} do it")
    return SshAlias(alias=ssh_config.alias(host.stack), path=ssh_config.path(host.stack, environ))
