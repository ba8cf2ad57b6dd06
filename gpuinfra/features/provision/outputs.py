"""`ip`, `output`: what Terraform recorded; only for an address that it lacks is EC2 asked."""

import json
from dataclasses import dataclass

from gpuinfra.ground.errors import CloudError, ConfigError, HostError, Stopped
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """Recorded outputs by name; `name` is the one that was asked for, if one was."""

    values: dict[str, object]
    name: str = ""

    def plain(self) -> object:
        """Return the value that was asked for, or all."""
        return self.values[self.name] if self.name else self.values

    def text(self) -> str:
        """Return one value bare, or all as "name = value"."""
        if self.name:
            return _text(self.values[self.name])
        return "\n".join(f"{key} = {_text(value)}" for key, value in sorted(self.values.items()))


def ip(world: World) -> str:
    """Return the public IP at which the host was met since it was recorded, else the recorded one.

    Raises:
        HostError: there is no host, or it has none at which it can be reached.
    """
    host = world.recorded_host()
    if host.is_private:  # what it has is its way out, and `ssh $(gpuinfra ip)` would wait in vain
        message = (
            f"nobody can reach the host {host.instance_id} at a public address: Session Manager leads to it"
        )
        raise HostError(message, hint=command("ssh", host.stack))
    return world.ssh.met_at(host, since=world.state.path) or host.public_ip or _ip_now(world, host)


def _ip_now(world: World, host: Host) -> str:
    """Return what EC2 says: the host may have been started since, by somebody else."""
    message = f"the host {host.instance_id} has no public address: was it stopped?"
    try:
        now = world.cloud(host.region, None).instance(host.instance_id)
    except CloudError:
        now = None
    if now and now.state in ("stopped", "stopping"):
        raise Stopped(f"the host {host.instance_id} is {now.state}", hint=command("start", host.stack))
    if not (now and now.public_ip):
        raise HostError(message, hint=command("status", host.stack))
    return now.public_ip


def outputs(world: World, name: str) -> Outputs:
    """Return the recorded outputs, or one.

    Raises:
        HostError: there is no host.
        ConfigError: there is no output of that name.
    """
    world.recorded_host()
    values = world.state.read().outputs
    if name and name not in values:
        raise ConfigError(f"there is no output {name!r}; there are: {', '.join(sorted(values))}")
    return Outputs(values=values, name=name)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
