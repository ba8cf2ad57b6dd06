"""A dry-run solve: the question, with the CUDA of the host, and the answer. Pure."""

import re
from dataclasses import dataclass

from gpuinfra.ground import facts
from gpuinfra.ground.errors import ConfigError

NO_CUDA = "none"
_CUDA = re.compile(r"\d{1,2}(\.\d{1,2})?\Z")


@dataclass(frozen=True, kw_only=True)
class SolveRequest:
    """What a solver is asked: channels in order, match specs, and the host's CUDA (empty: no GPU)."""

    channels: tuple[str, ...]
    specs: tuple[str, ...]
    cuda: str


@dataclass(frozen=True, kw_only=True)
class LockedPackage:
    """One package of an answer; size in bytes, 0 when the channel does not say."""

    name: str
    version: str
    build: str
    url: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Solution:
    """All packages of an environment, each after what it needs."""

    cuda: str
    packages: tuple[LockedPackage, ...]

    @property
    def download_mib(self) -> int:
        """Return what a host has to fetch, in MiB."""
        return round(sum(p.size for p in self.packages) / 2**20)

    @property
    def pytorch(self) -> str:
        """Return the chosen PyTorch with its build, empty when there is none."""
        found = [f"{p.version} {p.build}" for p in self.packages if p.name == "pytorch"]
        return found[0] if found else ""

    def text(self) -> str:
        """Return it in one line."""
        size = f"{len(self.packages)} packages, {self.download_mib} MiB to download"
        torch = f", pytorch {self.pytorch}" if self.pytorch else ""
        return f"linux-64, CUDA {self.cuda or NO_CUDA}: {size}{torch}"

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        return {
            "cuda": self.cuda or None,
            "packages": len(self.packages),
            "download_mib": self.download_mib,
            "pytorch": self.pytorch or None,
        }


def cuda_of(asked: str, *, image: str, instance_type: str) -> str:
    """Return the CUDA to solve for: as asked, else what the image of such a host has; empty for none.

    Raises:
        ConfigError: it is no version.
    """
    if not asked:
        return facts.cuda_for_lock(image) if facts.has_nvidia_gpu(instance_type) else ""
    if asked == NO_CUDA:
        return ""
    if not _CUDA.match(asked):
        raise ConfigError(f"--cuda is {asked!r}; allowed: a version such as 12.8, or {NO_CUDA}")
    return asked
