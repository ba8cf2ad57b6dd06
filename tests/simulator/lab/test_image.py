"""The image's recipe, and what a lab needs of a machine, with fake commands."""

import dataclasses
import subprocess
from pathlib import Path

import pytest

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.simulator import programs
from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.lab.machines import image
from gpuinfra.simulator.lab.machines.image import Mirror, Recipe

LISTING = """\
http://mirror.example/debian/ bookworm main
http://mirror.example/debian/ bookworm contrib
http://mirror.example/debian/ bookworm-updates main
http://tools.example/apt bookworm stable
"""
DEBIAN = Mirror(uri="http://mirror.example/debian/", suite="bookworm", components="main")
RECIPE = Recipe(mirror=DEBIAN, hook="true", architecture="x86_64")


def test_mirror_is_that_of_apt() -> None:
    """Packages come from where this machine gets its own; other sources of the same release are not taken."""
    assert image.read_mirror("bookworm", lambda _: LISTING) == DEBIAN


def test_universe_of_ubuntu() -> None:
    """On Ubuntu cloud-init's packages are partly in universe."""
    listing = "".join(f"http://ubuntu.example/ noble {it}\n" for it in ("main", "universe", "multiverse"))
    assert image.read_mirror("noble", lambda _: listing).components == "main,universe"


def test_machine_without_a_source() -> None:
    """Without a source for the release the error says what to type."""
    with pytest.raises(GpuInfraError) as refused:
        image.read_mirror("trixie", lambda _: LISTING)
    assert refused.value.hint == "sudo apt-get update"


def test_preferred_suite_if_the_mirror_has_it() -> None:
    """The newer release is taken where the mirror has it, else the machine's own."""
    asked: list[str] = []

    def has_not(command: list[str]) -> str:
        asked.append(command[2])
        raise subprocess.CalledProcessError(100, command)

    assert image.choose_suite(DEBIAN, lambda _: "") == image.PREFERRED_SUITE
    assert image.choose_suite(DEBIAN, has_not) == "bookworm"
    assert asked == ["http://mirror.example/debian/dists/trixie/InRelease"]


def test_another_recipe_is_another_image() -> None:
    """What goes into the image is in its name, so that a cache is never stale."""
    assert dataclasses.replace(RECIPE, hook="false").file_name != RECIPE.file_name
    assert dataclasses.replace(RECIPE, architecture="aarch64").file_name != RECIPE.file_name
    assert Recipe(mirror=DEBIAN, hook="true", architecture="x86_64").file_name == RECIPE.file_name


def test_cache_is_the_users() -> None:
    """Images are under XDG_CACHE_HOME."""
    assert image.cache_dir({"XDG_CACHE_HOME": "/c"}) == Path("/c/gpuinfra/lab")


def test_missing_tools_are_named_with_their_packages(tmp_path: Path) -> None:
    """A machine without the tools is told which packages to install, and of those only what is missing."""
    reason = requirements.missing_tools(str(tmp_path))
    assert reason.startswith("missing: ip, mmdebstrap, nft,")
    assert set(programs.LAB.values()) <= set(reason.split())
    for program in {*programs.LAB, *programs.ROOTLESS_LAB} - {"nft", "zstd"}:
        (tmp_path / program).touch(mode=0o755)
    assert requirements.missing_tools(str(tmp_path)).startswith("missing: nft, zstd. To install")
    assert requirements.missing_tools(str(tmp_path)).endswith("apt-get install nftables zstd")


def test_other_platforms_are_told_so() -> None:
    """Hosts are booted on Linux only."""
    assert "Linux" in requirements.why_not({}, platform="darwin")


def test_refusal_is_explained() -> None:
    """What the kernel refuses is passed on; AppArmor's restriction of plain users is named as the cause."""
    assert "AppArmor" in requirements.explain("unshare failed", restricted=True, root=False)
    for restricted, root in ((False, False), (True, True)):
        assert "(unshare failed)" in requirements.explain("unshare failed", restricted=restricted, root=root)
