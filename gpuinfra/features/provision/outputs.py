"""`ip`, `output`: what Terraform recorded; nothing is contacted."""

import json
from dataclasses import dataclass

from gpuinfra.ground.errors import ConfigError, HostError
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
    """Return the recorded public IP.

    Raises:
        HostError: there is no host, or it has none.
    """
    host = world.recorded_host()
    if host.is_private:
        message = f"the host {host.instance_id} has no public address: Session Manager leads to it"
        raise HostError(message, hint=command("ssh", host.stack))
    if not host.public_ip:
        message = f"the host {host.instance_id} has no public address: was it stopped?"
        raise HostError(message, hint=command("status", host.stack))
    return host.public_ip


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
