"""The question's CUDA and the lock made of the answer."""

import hashlib

import pytest

from gpuinfra.features.environment import lock_file
from gpuinfra.features.environment.solution import LockedPackage, Solution, cuda_of
from gpuinfra.ground.errors import ConfigError
from tests.features.environment.sample import SOUND

YML = SOUND.encode()


def package(name: str, *, sha256: str = "ab" * 32) -> LockedPackage:
    """Return a package of 3 MiB."""
    url = f"https://conda.anaconda.org/conda-forge/linux-64/{name}-1.0-0.conda"
    return LockedPackage(name=name, version="1.0", build="0", url=url, sha256=sha256, size=3 * 2**20)


@pytest.mark.parametrize(
    ("asked", "image", "instance_type", "cuda"),
    [
        ("", "nvidia", "g4dn.xlarge", "12.8"),
        ("", "aws-nvidia", "p5.48xlarge", "12.8"),
        ("", "nvidia", "gr6.4xlarge", "12.8"),
        ("", "ubuntu", "g4dn.xlarge", ""),
        ("", "nvidia", "t3.medium", ""),
        ("", "nvidia", "g4ad.xlarge", ""),
        ("none", "nvidia", "g4dn.xlarge", ""),
        ("13.0", "ubuntu", "t3.medium", "13.0"),
        ("12", "nvidia", "g4dn.xlarge", "12"),
    ],
)
def test_the_cuda_is_the_hosts_unless_asked(asked: str, image: str, instance_type: str, cuda: str) -> None:
    """The image has a driver or not, the type a GPU of NVIDIA's or not."""
    assert cuda_of(asked, image=image, instance_type=instance_type) == cuda


@pytest.mark.parametrize("asked", ["cuda12", "12.8.1", "-1", "12.", "twelve"])
def test_a_cuda_that_is_no_version_is_refused(asked: str) -> None:
    """With what is allowed."""
    with pytest.raises(ConfigError, match=r"allowed: a version such as 12\.8, or none"):
        cuda_of(asked, image="nvidia", instance_type="g4dn.xlarge")


def test_a_lock_is_what_conda_reads() -> None:
    """Explicit, hashed, in the given order; the header binds it to its source and names the CUDA."""
    text = lock_file.text(Solution(cuda="12.8", packages=(package("b"), package("a"))), YML)
    head, _, mark, *lines = text.splitlines()
    assert head == f"# gpuinfra lock v1 input-sha256={hashlib.sha256(YML).hexdigest()} cuda=12.8"
    assert mark == "@EXPLICIT"
    assert lines == [f"{package(name).url}#sha256:{'ab' * 32}" for name in "ba"]


def test_a_lock_for_no_gpu_names_no_cuda() -> None:
    """The bootstrap reads digits after cuda= as what the driver must serve."""
    assert "cuda=none\n" in lock_file.text(Solution(cuda="", packages=()), YML)


def test_what_has_no_hash_is_not_locked() -> None:
    """A lock that is half checked would be trusted whole."""
    with pytest.raises(ConfigError, match="no sha256 for b"):
        lock_file.text(Solution(cuda="", packages=(package("a"), package("b", sha256=""))), YML)


def test_any_edit_makes_a_lock_stale() -> None:
    """Even a comment: nobody should have to judge which edits matter."""
    text = lock_file.text(Solution(cuda="", packages=()), YML).encode()
    assert not lock_file.is_stale(text, YML)
    assert lock_file.is_stale(text, YML + b"# why\n")
    assert not lock_file.is_stale(b"@EXPLICIT\n", YML), "a lock of the user's own names no source"


def test_the_pytorch_build_is_named() -> None:
    """Nothing is said where there is none."""
    assert Solution(cuda="", packages=(package("pytorch"),)).pytorch == "1.0 0"
    assert Solution(cuda="", packages=(package("a"),)).pytorch == ""
    assert Solution(cuda="", packages=(package("a"), package("b"))).download_mib == 6
