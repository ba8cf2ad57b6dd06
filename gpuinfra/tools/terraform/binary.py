"""The Terraform program: the one on PATH if it is new enough, else a pinned release in .tools/."""

import hashlib
import json
import os
import platform
import re
import shutil
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from gpuinfra.ground import locations
from gpuinfra.ground.errors import TerraformError
from gpuinfra.tools import process

MINIMUM = (1, 11)
# The release that set-up fetches and the sha256 of its archives: the SHA256SUMS file of that release.
VERSION = "1.11.4"
SHA256 = {
    "linux_amd64": "1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc",
    "linux_arm64": "a43d1d0da9b9bab214a8305a39db0e40869572594ccf50c416a7756499143633",
    "darwin_amd64": "a56d5002b9f7647291faccc3dd1a70350e60fb61e4c45037629508b8fdc2575b",
    "darwin_arm64": "867e0808fa971217043e25b7a792b10720c79b1546f8a68479b74f138be73e18",
}
RELEASES = "https://releases.hashicorp.com/terraform"
INSTALL_PAGE = "https://developer.hashicorp.com/terraform/install"
TIMEOUT_S = 60
VERSION_TIMEOUT_S = 30  # a program of that name that waits for something else is none


def find(tools: Path, environ: Mapping[str, str]) -> Path:
    """Return a Terraform that is new enough.

    Raises:
        TerraformError: there is none; the message says what was found instead.
    """
    on_path = shutil.which("terraform", path=environ.get("PATH"))
    found = _version(Path(on_path)) if on_path else None
    if on_path and found and found >= MINIMUM:
        return Path(on_path)
    ours = _ours(tools)
    if ours.exists():
        return ours
    seen = f"the one on PATH is {'.'.join(map(str, found))}" if found else "there is none on PATH"
    raise TerraformError(f"gpuinfra needs Terraform 1.11 or newer; {seen}", hint=locations.set_up())


def fetch(tools: Path, *, releases: str = RELEASES, checksums: Mapping[str, str] = SHA256) -> Path:
    """Download the pinned release into .tools/, verify it, unpack it and return its path.

    Raises:
        TerraformError: no release for this platform, no network, or a wrong checksum.
    """
    target, name = _ours(tools), platform_name()
    if name not in checksums:
        raise TerraformError(f"no pinned Terraform for {name}", hint=f"install it yourself: {INSTALL_PAGE}")
    archive = target.parent / f"terraform_{VERSION}_{name}.zip"
    archive.parent.mkdir(parents=True, exist_ok=True)
    try:
        _download(f"{releases}/{VERSION}/{archive.name}", archive)
        _verify(archive, checksums[name])
        _unpack(archive, target)
    finally:
        archive.unlink(missing_ok=True)
    return target


def ensure(
    tools: Path,
    environ: Mapping[str, str],
    *,
    releases: str = RELEASES,
    fetching: Callable[[str], AbstractContextManager[object]] = nullcontext,
) -> Path:
    """Return a Terraform that is new enough, downloading the pinned one if need be; `fetching` tells that."""
    try:
        return find(tools, environ)
    except TerraformError:
        with fetching(f"Fetching Terraform {VERSION}"):
            return fetch(tools, releases=releases)


def platform_name() -> str:
    """Return this machine in Terraform's words, such as linux_amd64."""
    machine = platform.machine().lower()
    arch = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(machine, machine)
    return f"{platform.system().lower()}_{arch}"


def _ours(tools: Path) -> Path:
    return tools / f"terraform-{VERSION}" / "terraform"


def _version(binary: Path) -> tuple[int, ...] | None:
    try:
        env = {**os.environ, "CHECKPOINT_DISABLE": "1"}
        done = process.run([str(binary), "version", "-json"], env=env, timeout_s=VERSION_TIMEOUT_S)
        text = str(json.loads(done.stdout[done.stdout.index("{") :])["terraform_version"])
        return tuple(int(n) for n in re.findall(r"\d+", text)[:3])
    except (OSError, ValueError, KeyError):  # TimeoutError is an OSError; a failed one printed no JSON
        return None


def _download(url: str, target: Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer, target.open("wb") as out:  # noqa: S310
            shutil.copyfileobj(answer, out)
    except OSError as error:  # URLError is one
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise TerraformError(
            f"cannot download Terraform {VERSION} from {url}: {error}",
            hint=f"install Terraform 1.11 or newer yourself: {INSTALL_PAGE}",
        ) from None


def _verify(archive: Path, expected: str) -> None:
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != expected:
        raise TerraformError(
            f"{archive.name} has the sha256 {found}, expected {expected}: it was damaged or replaced"
            " on the way and has been deleted",
            hint=f"the same command again; if it repeats, install Terraform yourself: {INSTALL_PAGE}",
        )


def _unpack(archive: Path, target: Path) -> None:
    with zipfile.ZipFile(archive) as zipped:
        part = target.with_suffix(".part")
        part.write_bytes(zipped.read("terraform"))
    part.chmod(0o755)
    part.replace(target)


def main(tools: str) -> int:
    """Find Terraform or fetch it: the last step of `make setup`; returns an exit code."""
    try:
        ensure(Path(tools), os.environ)
    except TerraformError as error:
        sys.stderr.write(f"error: {error.message}\n  next: {error.hint}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
