"""Files written in one step, and what is left where they cannot be."""

import resource
from pathlib import Path

import pytest

from gpuinfra.tools.files import append_private, write_private


def test_a_disk_that_gets_full_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """Half of a state beside it would have its secrets, and the room that is missing."""
    path = tmp_path / "terraform.tfstate"
    write_private(path, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            write_private(path, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"old"
    assert [it.name for it in tmp_path.iterdir()] == ["terraform.tfstate"]


def test_a_record_grows_and_is_for_its_owner_only(tmp_path: Path) -> None:
    """What cannot be appended is lost, and ends no command: a planted symlink is not followed."""
    path, other = tmp_path / "history.jsonl", tmp_path / "other"
    for line in (b"one\n", b"two\n"):
        append_private(path, line)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"one\ntwo\n", 0o600)
    (tmp_path / "planted").symlink_to(other)
    append_private(tmp_path / "planted", b"x")
    append_private(tmp_path / "missing" / "history.jsonl", b"x")
    assert not other.exists()
