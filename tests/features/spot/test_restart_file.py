"""What outlives a host: whole requests, for their owner only; a broken file is no traceback."""

from dataclasses import replace
from pathlib import Path

import pytest

from gpuinfra.features.jobs.options import JobSpec
from gpuinfra.features.spot.restart_file import RestartableJob, RestartFile
from gpuinfra.ground.errors import ConfigError

SPEC = JobSpec(words=("python", "train.py"), env={"TOKEN": "t"}, name="train", save="true", restart=True)
JOB = RestartableJob(id="aaaa", instance_id="i-1", spec=SPEC)


def test_a_job_is_as_it_was(tmp_path: Path) -> None:
    """With its variables, so nobody else reads it."""
    record = RestartFile(tmp_path / "restarts.json")
    record.put(JOB)
    assert record.read() == [JOB]
    assert (tmp_path / "restarts.json").stat().st_mode & 0o777 == 0o600
    assert "TOKEN" not in repr(JOB)


def test_one_takes_the_place_of_another_in_one_step(tmp_path: Path) -> None:
    """At no moment are there both: it would begin twice. With the last one the file goes."""
    record = RestartFile(tmp_path / "restarts.json")
    record.put(JOB)
    new = replace(JOB, id="bbbb", instance_id="i-2", attempt=1)
    record.put(new, instead_of="aaaa")
    assert record.read() == [new]
    record.drop("bbbb")
    assert not (tmp_path / "restarts.json").exists()


@pytest.mark.parametrize("text", ["", "{", "7", "[7]", '[{"id": "a"}]', '[{"spec": {"no": 1}}]'])
def test_a_broken_file_has_nothing(tmp_path: Path, text: str) -> None:
    """A full disk, or somebody's editor."""
    (tmp_path / "restarts.json").write_text(text)
    assert RestartFile(tmp_path / "restarts.json").read() == []


def test_one_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """The job is not started then: it would be lost with its host."""
    with pytest.raises(ConfigError, match="cannot be written"):
        RestartFile(tmp_path / "no/such/folder/restarts.json").put(JOB)
