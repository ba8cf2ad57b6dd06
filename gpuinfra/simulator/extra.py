"""Whether the optional packages that the simulator runs on are installed."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from gpuinfra.ground.errors import ConfigError

MOTO_VERSION = "5.2.5"  # exact: the patches reach into its internals
HINT = "pip install 'gpuinfra[demo]'"


def require_extra(find_version: Callable[[str], str] = version) -> None:
    """Raise the error that names the missing extra; imports nothing of it."""
    for package in ("moto", "flask", "flask-cors"):
        try:
            found = find_version(package)
        except PackageNotFoundError:
            raise ConfigError(f"the AWS simulator needs {package}: not installed", hint=HINT) from None
        if package == "moto" and found != MOTO_VERSION:
            raise ConfigError(
                f"the AWS simulator is made for moto {MOTO_VERSION}, but {found} is installed", hint=HINT
            )
