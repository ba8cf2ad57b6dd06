"""For how long AWS is asked again where it has no host to give, as the user said it. Pure."""

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.names import command
from gpuinfra.ground.text import seconds


def wait_s(text: str, stack: str) -> float:
    """Return the value of --wait in seconds, 0 where it was not given.

    Raises:
        ConfigError: it is no time.
    """
    found = seconds(text) if text else 0.0
    if found is None:
        raise ConfigError(
            f"--wait says {text!r}; it must be a number and s, m, h or d",
            hint=command("up --wait 2h", stack),
        )
    return found
