"""Solve and install with py-rattler; runs inside the stand-in's prefix."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rattler  # type: ignore[import-not-found, unused-ignore]
from rattler.exceptions import SolverError  # type: ignore[import-not-found, unused-ignore]


def driver_cuda() -> str | None:
    """Return what nvidia-smi says of CUDA: the hosts of the tests have a fake one and no libcuda."""
    try:
        done = subprocess.run(["nvidia-smi"], check=False, capture_output=True, text=True, timeout=30)
    except OSError:
        return None
    found = re.search(r"CUDA Version: *([\d.]+)", done.stdout)
    return found[1] if found else None


def virtual_packages() -> list[rattler.GenericVirtualPackage]:
    """Return what this machine offers to the solver, the GPU included."""
    cuda = driver_cuda()
    if cuda:
        os.environ.setdefault("CONDA_OVERRIDE_CUDA", cuda)
    overrides = rattler.VirtualPackageOverrides.from_env()
    return [package.into_generic() for package in rattler.VirtualPackage.detect(overrides)]


def solve(channels: Sequence[str], specs: Sequence[str], cache: Path) -> list[rattler.RepoDataRecord]:
    """Return the packages for some specs, as conda would choose them."""
    gateway = rattler.Gateway(cache_dir=cache)
    matches = [rattler.MatchSpec(spec) for spec in specs]
    solved = rattler.solve(
        channels,
        matches,
        gateway=gateway,
        platforms=["linux-64", "noarch"],
        virtual_packages=virtual_packages(),
    )
    return list(asyncio.run(solved))


def explicit(text: str) -> list[rattler.RepoDataRecord]:
    """Read an @EXPLICIT lock: URLs with the hash that each package must have."""
    lines = [line.strip() for line in text.splitlines()]
    return [_explicit_record(line) for line in lines if line and line[0] not in "#@"]


def _explicit_record(line: str) -> rattler.RepoDataRecord:
    url, _, digest = line.partition("#")
    channel, subdir, file_name = url.rsplit("/", 2)
    name, version, build = file_name.removesuffix(".conda").rsplit("-", 2)
    digest = digest.removeprefix("sha256:")
    record = rattler.PackageRecord(
        name=name,
        version=version,
        build=rattler.BuildString(build),
        build_number=0,
        subdir=subdir,
        arch=None,
        platform=None,
        noarch=rattler.NoArchType("python") if subdir == "noarch" else None,
        sha256=bytes.fromhex(digest) if digest else None,
    )
    return rattler.RepoDataRecord(package_record=record, file_name=file_name, url=url, channel=channel)


def install(records: Sequence[rattler.RepoDataRecord], prefix: Path, cache: Path) -> None:
    """Download (checked by hash) and link the packages into a prefix."""
    linked = rattler.install(list(records), str(prefix), cache_dir=cache, show_progress=False)
    asyncio.run(linked)


def solver_failed(error: Exception) -> bool:
    """Tell an impossible wish from a broken network."""
    return isinstance(error, SolverError)


def keep_variables(variables: dict[str, Any], prefix: Path) -> None:
    """Write them where conda keeps them for the activation."""
    state = {"version": 1, "env_vars": {name: str(value) for name, value in variables.items()}}
    (prefix / "conda-meta/state").write_text(json.dumps(state))
