"""What cannot be done with a spot host."""

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Host, Instance
from gpuinfra.ground.names import command


def refuse_stop(host: Host, instance: Instance) -> None:
    """Refuse to stop a spot host, before AWS does: a one-time spot host can only end, with its disk.

    Raises:
        ConfigError: it is one (EC2 user guide, "Stop a Spot Instance").
    """
    if instance.market == "spot":
        message = f"{host.instance_id} is a spot host: it cannot be stopped, only ended, its disk with it"
        raise ConfigError(message, hint=command("down", host.stack))
