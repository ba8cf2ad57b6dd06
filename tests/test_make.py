"""The Makefile's verbs: what they hand over, and that no value is pasted into a shell line."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HARD = "a '\";`$(id)` #; touch pwned"


def test_make_never_pastes_a_name_into_a_shell(tmp_path: Path) -> None:
    """`make ip STACK='x; touch y'` hands the name over in the environment."""
    if not shutil.which("make"):
        pytest.skip("needs make: apt-get install make")
    done = subprocess.run(
        ["make", "-n", "ip", "up", "down", "STACK=x; touch pwned", "YES=1"],
        cwd=ROOT,
        env={**os.environ, "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pwned" not in done.stdout
    assert "gpuinfra up --yes" in done.stdout


@pytest.mark.parametrize("verb", ["demo", "test"])
def test_the_two_commands_of_a_fresh_machine_set_up_what_they_need(verb: str) -> None:
    """Each begins with the set-up for its own purpose, and goes on only if that has worked."""
    if not shutil.which("make"):
        pytest.skip("needs make: apt-get install make")
    command = ["make", "-n", "--no-print-directory", "PYTHON=python3", verb]
    env = {**os.environ, "MAKEFLAGS": ""}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"python3 -m gpuinfra.install {verb} && .venv/bin/")


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        (["image"], ["docker", "build"]),
        (["run-module", "module=python -m test"], ["docker", "run", "--", "bash", "-c", "python -m test"]),
        (["run-module", "module=a '\";`$(id)` #; touch pwned"], ["docker", "run", "--", "bash", "-c", HARD]),
        (["bash-docker"], ["docker", "shell"]),
        (["jupyter", "PORT=8886"], ["docker", "jupyter"]),
        # the verbs of Nixtla's docker-gpu, as its users type them
        (["init"], ["docker", "build"]),
        (["run_module", "module=nvidia-smi"], ["docker", "run", "--", "bash", "-c", "nvidia-smi"]),
        (["bash_docker"], ["docker", "shell"]),
        (["jupyter", "-e", "PORT=8886"], ["docker", "jupyter"]),
    ],
)
def test_make_runs_containers(line: list[str], arguments: list[str], tmp_path: Path) -> None:
    """Whatever `module` holds reaches the command line as one word, and PORT as a variable."""
    if not shutil.which("make"):
        pytest.skip("needs make: apt-get install make")
    fake, said = tmp_path / "bin", tmp_path / "said.json"
    fake.mkdir()
    code = "import json, os, sys; said = [sys.argv[1:], os.environ['GPUINFRA_PORT']]\n"
    code += f"json.dump(said, open({str(said)!r}, 'w'))"
    (fake / "gpuinfra").write_text(f"#!{sys.executable}\n{code}\n")
    (fake / "gpuinfra").chmod(0o755)
    env = {k: v for k, v in os.environ.items() if not k.startswith("GPUINFRA_")} | {"MAKEFLAGS": ""}
    command = ["make", f"BIN={fake}", "PYTHON=true", *line]
    subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert json.loads(said.read_text()) == [arguments, "8886" if "jupyter" in line else "8888"]
    assert not (ROOT / "pwned").exists()


@pytest.mark.parametrize("name", ["STACK", "PORT", "YES", "module", "GPUINFRA_STACK", "GPUINFRA_PORT"])
def test_make_does_not_look_into_a_value(name: str, tmp_path: Path) -> None:
    """`make up STACK='$(shell ...)'` runs nothing: a script may pass on what it was given."""
    if not shutil.which("make"):
        pytest.skip("needs make: apt-get install make")
    value = f"$(shell touch {tmp_path}/pwned)"
    env = {**os.environ, "MAKEFLAGS": "", name: value}
    command = ["make", f"BIN={tmp_path}", "PYTHON=true", "up", "run-module", "module=x"]
    (tmp_path / "gpuinfra").write_text('#!/bin/sh\nprintf \'%s\' "$GPUINFRA_STACK" > "${0%/*}/stack"\n')
    (tmp_path / "gpuinfra").chmod(0o755)
    for words in ([], [] if name.startswith("GPUINFRA") else [f"{name}={value}"]):
        subprocess.run([*command, *words], cwd=ROOT, env=env, capture_output=True, check=True)
    assert not (tmp_path / "pwned").exists()
    if "STACK" in name:
        assert (tmp_path / "stack").read_text() == value
