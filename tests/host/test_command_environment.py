"""What a command that the user typed becomes on the host: a line for the shell, a script, or a program."""

from pathlib import Path

import pytest

from gpuinfra.host.jobs.command_environment import resolve_argv
from gpuinfra.host.jobs.job_store import JobError


def resolved(*words: str, directory: Path) -> list[str]:
    """Return the argv, with a conda environment in /env."""
    return resolve_argv(words, prefix="/env", directory=str(directory), flags="")


@pytest.mark.parametrize(
    "line", ["cd src && python helper.py", "python x.py", "ls *.py", "python -m a; sh b.sh", "a | tee b.py"]
)
def test_a_quoted_line_is_one_for_the_shell(line: str, tmp_path: Path) -> None:
    """Spaces and shell signs decide, whatever the line ends in."""
    assert resolved(line, directory=tmp_path) == ["bash", "-c", line]


@pytest.mark.parametrize("name", ["train.py", "my train.py", "a&b.py"])
def test_a_script_is_one_also_with_signs_in_its_name(name: str, tmp_path: Path) -> None:
    """A file of that name is what was meant."""
    (tmp_path / name).touch()
    assert resolved(name, directory=tmp_path) == ["/env/bin/python", name]


@pytest.mark.parametrize("name", ["train.py", "~/nosuch-train.py", "run.sh"])
def test_a_script_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    """Who forgot to sync is told so."""
    with pytest.raises(JobError, match="there is no"):
        resolved(name, directory=tmp_path)


def test_several_words_are_a_program(tmp_path: Path) -> None:
    """What the user's own shell has split is not split again."""
    assert resolved("echo", "a b && c", directory=tmp_path) == ["echo", "a b && c"]
