"""The machine that this runs on, as doctor looks at it: programs by their own words, key, disk, address."""

import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from gpuinfra.ground.errors import ConfigError
from gpuinfra.tools import process
from gpuinfra.tools.adapter import adapter

# How each program tells its version, and where it stands in what it says.
VERSIONS = {
    "ssh": (("-V",), re.compile(r"OpenSSH_([\w.]+)")),
    "rsync": (("--version",), re.compile(r"rsync +version v?([\d.]+)")),
    "terraform": (("version",), re.compile(r"Terraform v([\d.]+)")),
}
ASK_TIMEOUT_S = 30.0
UNTOLD = "?"


@adapter("this machine cannot be looked at")
class ThisMachine:
    """The LocalMachine protocol; trouble, address: asked for once a check wants them."""

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        directory: Path,
        address: Callable[[], str],
        trouble: Callable[[], ConfigError | None],
    ) -> None:
        self.platform = sys.platform
        self._environ, self._directory = environ, directory
        self._address, self._trouble = address, trouble

    def program(self, name: str) -> str | None:
        """Return the version of a program, `?` where it tells none; None: it is not on PATH."""
        found = shutil.which(name, path=self._environ.get("PATH"))
        if found is None:
            return None
        options, version = VERSIONS[name]
        try:
            env = {**self._environ, "CHECKPOINT_DISABLE": "1"}
            done = process.run([found, *options], env=env, timeout_s=ASK_TIMEOUT_S)
        except (OSError, TimeoutError):
            return UNTOLD
        told = version.search(done.stdout + done.stderr)
        return told[1] if told else UNTOLD

    def address(self) -> str:
        """Return the public address as a /32 or /128."""
        return self._address()

    def free_mb(self) -> int:
        """Return the free space where the state is written, or would be, in MB (10^6 bytes)."""
        directory = self._directory
        while not directory.exists():
            directory = directory.parent
        return shutil.disk_usage(directory).free // 1_000_000

    def key_trouble(self) -> ConfigError | None:
        """Return why ssh could not use the key that terraform.tfvars names."""
        return self._trouble()
