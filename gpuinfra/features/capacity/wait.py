"""For how long AWS is asked again where it has no host to give, as the user said it. Pure."""

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.names import command
from gpuinfra.ground.text import seconds

MOST_S = 7 * 86400.0  # as `start --until`


def wait_s(text: str, stack: str) -> float:
    """Return the value of --wait in seconds, 0 where it was not given.

    Raises:
        ConfigError: it is no time, or a longer one than a search makes sense for.
    """
    found = seconds(text) if text else 0.0
    if found is None or found > MOST_S:
        wrong = "must be 7d at most" if found else "must be a number and s, m, h or d"
        raise ConfigError(f"--wait says {text!r}; it {wrong}", hint=command("up --wait 2h", stack))
    return found
