"""`demo`: every command of a day against a simulated AWS on this machine."""

import importlib.util
import sys
from collections.abc import Mapping
from typing import NoReturn

from gpuinfra.ground import locations
from gpuinfra.ground.errors import ConfigError
from gpuinfra.tools import process

PARTS = ("moto", "conda_package_streaming", "rattler")  # of the extra `demo` in pyproject.toml


def demo(environ: Mapping[str, str]) -> NoReturn:
    """Become the demo.

    Raises:
        ConfigError: its packages are not installed.
    """
    if not all(importlib.util.find_spec(name) for name in PARTS):
        raise ConfigError(
            "the demo needs packages that are not installed: the extra 'demo'", hint=locations.set_up("demo")
        )
    process.become([sys.executable, "-P", "-m", "gpuinfra.simulator", "demo"], environ)
