"""Activation: what `conda activate` makes of an environment reaches commands; asked once, then remembered.

Real bash, and the conda.sh of the stand-in for Miniconda.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpuinfra.host.jobs.command_environment import process_env
from gpuinfra.simulator.conda.installer import CONDA_SH

PATH = "/usr/local/bin:/usr/bin:/bin"


class Conda:
    """A conda below a home, with environments that count how often they were activated."""

    def __init__(self, home: Path) -> None:
        self.home, self.base = home, home / "miniconda3"
        (self.base / "etc/profile.d").mkdir(parents=True)
        (self.base / "etc/profile.d/conda.sh").write_text(CONDA_SH.replace("@PREFIX@", str(self.base)))
        (self.base / "bin").mkdir()
        (self.base / "bin/python").symlink_to(sys.executable)

    def create(self, name: str, **variables: str) -> Path:
        """Make an environment with these variables."""
        prefix = self.base / "envs" / name
        for folder in ("bin", "conda-meta", "etc/conda/activate.d"):
            (prefix / folder).mkdir(parents=True)
        state = {"version": 1, "env_vars": variables}
        (prefix / "conda-meta/state").write_text(json.dumps(state))
        (prefix / "etc/conda/activate.d/count.sh").write_text(
            f'echo {name} >>"{self.home}/count"\necho noise\n'
        )
        return prefix

    def counted(self) -> list[str]:
        """Return what was activated, in order."""
        file = self.home / "count"
        return file.read_text().split() if file.exists() else []


@pytest.fixture
def conda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Conda:
    """A conda in the home of this test."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return Conda(tmp_path)


def env_of(prefix: Path, **given: str) -> dict[str, str]:
    """Return the environment of a command, as `run` gives it."""
    base = {"PATH": PATH, "HOME": os.environ["HOME"], "LANG": "C.UTF-8"}
    return process_env(base, given, prefix=str(prefix), name=prefix.name)


def said(script: str, env: dict[str, str]) -> str:
    """Return what a script of bash prints."""
    done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_variables_and_activation_scripts_reach_a_command(conda: Conda) -> None:
    """Those of environment.yml, and what packages set; the user's own have the last word."""
    prefix = conda.create("gpu", MODE="fast data", LEVEL="1")
    script = 'export CUDA_HOME="$CONDA_PREFIX/cuda" PATH="$CONDA_PREFIX/nvvm/bin:$PATH"\n'
    (prefix / "etc/conda/activate.d/cuda.sh").write_text(script)
    found = env_of(prefix, LEVEL="2")
    assert (found["MODE"], found["LEVEL"], found["CUDA_HOME"]) == ("fast data", "2", f"{prefix}/cuda")
    assert (found["CONDA_PREFIX"], found["CONDA_DEFAULT_ENV"]) == (str(prefix), "gpu")
    assert found["PATH"].startswith(f"{prefix}/nvvm/bin:{prefix}/bin:{PATH}:")
    assert "SHLVL" not in found


def test_bash_is_asked_once_until_something_changes(conda: Conda) -> None:
    """Packages, variables, scripts: each makes it anew; nothing else does."""
    prefix = conda.create("gpu")
    assert env_of(prefix) == env_of(prefix) == env_of(prefix)
    assert conda.counted() == ["gpu"]
    for number, changed in enumerate(("conda-meta/history", "conda-meta/state"), 2):
        (prefix / changed).write_text(json.dumps({"env_vars": {"NEW": str(number)}}))
        os.utime(prefix / changed, (number, number))
        env_of(prefix)
        assert len(conda.counted()) == number
    (prefix / "etc/conda/activate.d/late.sh").write_text("export LATE=1\n")
    assert (env_of(prefix)["LATE"], env_of(prefix)["NEW"]) == ("1", "3")


@pytest.mark.parametrize("words", ["conda activate other", "source activate other", ". activate other"])
def test_a_script_may_activate_another_environment(conda: Conda, tmp_path: Path, words: str) -> None:
    """Typed in a script of its own, as in a login shell: it takes the place of the first, and goes again."""
    env = env_of(conda.create("gpu"))
    other = conda.create("other", ONLY="there")
    script = tmp_path / "train.sh"
    script.write_text(f'set -eu\n{words} >/dev/null\necho "$CONDA_PREFIX $ONLY $PATH"\n')
    prefix, only, path = said(f"bash {script}", env).split()
    assert (prefix, only) == (str(other), "there")
    assert path.split(":")[0] == f"{other}/bin"
    assert f"{conda.base}/envs/gpu/bin" not in path.split(":")


def test_a_script_that_never_says_conda_does_not_read_it(conda: Conda) -> None:
    """Each bash pays for a function of one line, not for conda.sh."""
    env = env_of(conda.create("gpu"))
    (conda.base / "etc/profile.d/conda.sh").write_text("echo read\n")
    assert said("true", env) == ""


def test_an_environment_that_cannot_be_activated_is_used_all_the_same(conda: Conda) -> None:
    """As before there was activation: its programs first on PATH; and activated once that works."""
    prefix, script = conda.create("gpu", MODE="on"), conda.base / "etc/profile.d/conda.sh"
    text = script.read_text()
    script.unlink()
    found = env_of(prefix)
    assert found["PATH"] == f"{prefix}/bin:{PATH}"
    assert found["CONDA_PREFIX"] == str(prefix)
    script.write_text(text)
    assert env_of(prefix)["MODE"] == "on"


def test_a_record_that_was_cut_off_is_made_anew(conda: Conda) -> None:
    """A power cut leaves an empty file; a user may delete the folder of helpers."""
    prefix = conda.create("gpu", MODE="on")
    first = env_of(prefix)
    (record,) = (conda.home / ".cache/gpuinfra/activation").glob("*.json")
    for damage in ("", "{}", '{"stamp": 1}', "[]"):
        record.write_text(damage)
        assert env_of(prefix) == first
    Path(first["BASH_ENV"]).unlink()
    assert Path(env_of(prefix)["BASH_ENV"]).exists()
