"""The files beside values and state: private, whole, and gone when they are worth nothing."""

import os
import stat
from pathlib import Path

import pytest

from gpuinfra.ground.paths import Project
from gpuinfra.tools.files import make_private, write_private
from gpuinfra.tools.terraform.stack_files import StackDirectory

GONE = ("user-data.yaml.gz", "gpuinfra.tfplan", "pool.auto.tfvars.json")


@pytest.fixture
def files(tmp_path: Path) -> StackDirectory:
    """The files of a stack that has not been set up."""
    project = Project(root=tmp_path)
    return StackDirectory(project.stack("b"))


def test_private_whatever_the_umask(tmp_path: Path) -> None:
    """For the owner only, from its first moment, an old wider file replaced."""
    target = tmp_path / "user-data"
    target.write_text("old")
    target.chmod(0o644)
    before = os.umask(0)
    try:
        write_private(target, b"new")
    finally:
        os.umask(before)
    assert (target.read_bytes(), stat.S_IMODE(target.stat().st_mode)) == (b"new", 0o600)
    assert [p.name for p in tmp_path.iterdir()] == ["user-data"]


def test_never_through_a_planted_link(tmp_path: Path) -> None:
    """Neither the target nor the part file leads anywhere else."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    target = tmp_path / "user-data"
    target.symlink_to(victim)
    (tmp_path / f".user-data.{os.getpid()}").symlink_to(victim)
    write_private(target, b"new")
    assert victim.read_text() == "mine"
    assert not target.is_symlink()


def test_free_space_of_a_stack_to_be(files: StackDirectory) -> None:
    """Asked of the nearest directory that exists."""
    assert files.free_mb() > 0


def test_clean(files: StackDirectory, tmp_path: Path) -> None:
    """What holds user-data goes; what the user wrote stays; twice is fine."""
    directory = tmp_path / "gpuinfra" / "stacks" / "b"
    directory.mkdir(parents=True)
    for name in (*GONE, "terraform.tfvars", "terraform.tfstate"):
        (directory / name).touch()
    files.nonce()
    files.clean()
    files.clean()
    assert sorted(p.name for p in directory.iterdir()) == ["terraform.tfstate", "terraform.tfvars"]


def test_the_nonce_stays_until_the_host_is_gone(files: StackDirectory, tmp_path: Path) -> None:
    """Every render of one host carries the same; the next host gets another; only the owner reads it."""
    directory = tmp_path / "gpuinfra" / "stacks" / "b"
    directory.mkdir(parents=True)
    first = files.nonce()
    assert (files.nonce(), len(bytes.fromhex(first))) == (first, 16)
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in directory.iterdir())
    files.clean()
    assert files.nonce() != first


def test_each_folder_that_is_made_is_private(tmp_path: Path) -> None:
    """Not the last one alone: who may write above it can put another in its place."""
    before = os.umask(0)
    try:
        make_private(tmp_path / "a/b/c")
        make_private(tmp_path / "a/b/c")
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "a/b", "a/b/c")] == [0o700] * 3


def test_the_hosts_cuda_is_kept_for_its_image_until_the_host_is_gone(files: StackDirectory) -> None:
    """Another image may have another; a damaged file is none."""
    assert files.cuda("nvidia") == ""
    files.plan_file.parent.mkdir(parents=True)
    files.write_cuda("nvidia", "13.2")
    assert (files.cuda("nvidia"), files.cuda("aws-nvidia")) == ("13.2", "")
    files.write_cuda("nvidia", "")
    assert files.cuda("nvidia") == "13.2"
    (files.plan_file.parent / "host-cuda.json").write_text("[")
    assert files.cuda("nvidia") == ""
    files.clean()
    assert not (files.plan_file.parent / "host-cuda.json").exists()
