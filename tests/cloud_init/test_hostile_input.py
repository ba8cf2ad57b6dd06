"""Whatever the user's names and files hold is refused or inert: no YAML, template or shell sees it."""

import dataclasses
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.boot import cloud_init
from gpuinfra.features.boot.cloud_init import BootContext
from gpuinfra.ground.errors import ConfigError
from tests.cloud_init.userdata import (
    HOSTILE,
    PARTS,
    SIMPLE,
    TEMPLATES,
    bash_values,
    files_of,
    full_context,
    rendered,
)
from tests.fakes.world import NONCE

NAMES = ["", "1a", "A", "a b", "a\n", "a\nruncmd: []", "a;id", "$(id)", "a'b", "{{ 7*7 }}", "a\u2028"]


def test_hostile_files_arrive_byte_for_byte_and_nothing_else_changes() -> None:
    """Whatever is in the user's files, they are data: same structure, same bytes."""
    document = rendered(full_context())
    files = files_of(document)
    assert files["/etc/gpuinfra/environment.yml"] == HOSTILE
    assert files["/etc/gpuinfra/requirements.txt"] == HOSTILE
    assert files["/etc/gpuinfra/conda.lock"] == HOSTILE
    assert files["/etc/gpuinfra/conda.yml"] == HOSTILE
    assert files["/etc/gpuinfra/pip.txt"] == files["/etc/gpuinfra/names.txt"] == HOSTILE + b"\n"
    assert set(document) == {"users", "write_files", "runcmd"}


@pytest.mark.parametrize("installer", cloud_init.INSTALLERS)
def test_real_bash_reads_the_env_file(installer: str, tmp_path: Path) -> None:
    """The values that bash sees are those of the context and of the one file with the pins."""
    context = BootContext(
        stack="dev", nonce=NONCE, installer=installer, environment=PARTS, environment_yml=SIMPLE
    )
    path = tmp_path / "bootstrap.env"
    path.write_bytes(cloud_init.env_file(context, templates=TEMPLATES))
    seen = bash_values(path, "STACK", "LOGIN_USER", "INSTALLER", "INSTALLER_URL", "INSTALLER_SHA256")
    assert seen[:3] == ["dev", "ubuntu", installer]
    assert seen[3].startswith("https://")
    assert "latest" not in seen[3]
    assert len(seen[4]) == 64


def test_a_hostile_pin_is_inert_in_bash(tmp_path: Path) -> None:
    """Even the data file cannot run a command through the env file."""
    templates = tmp_path / "cloud-init"
    shutil.copytree(TEMPLATES, templates)
    hostile = "https://x/'; touch pwned; echo \"$(touch pwned)`touch pwned`\nTOUCHED=1 {{ 7*7 }}"
    pin = f"[miniconda]\nurl = {json.dumps(hostile)}\nsha256 = 'y'\n"
    (templates / "installers.toml").write_text(pin)
    context = BootContext(stack="dev", nonce=NONCE, environment=PARTS, environment_yml=SIMPLE)
    path = tmp_path / "bootstrap.env"
    path.write_bytes(cloud_init.env_file(context, templates=templates))
    assert bash_values(path, "INSTALLER_URL") == [hostile]
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize("name", [*NAMES[3:], "", "a" * 65, "../../x", "-x"])
def test_a_hostile_environment_name_is_refused(name: str) -> None:
    """The host makes a path of it, and deletes that path before it creates the environment."""
    with pytest.raises(ConfigError, match="environment name is"):
        BootContext(
            stack="dev",
            nonce=NONCE,
            environment=dataclasses.replace(PARTS, name=name),
            environment_yml=SIMPLE,
        )


@pytest.mark.parametrize("cuda", ["x[$(id)]", "12.8", "12\n", "\u0661\u0662", "1234"])
def test_a_hostile_cuda_is_refused(cuda: str) -> None:
    """Bash calculates with it, and an arithmetic expression can run commands."""
    with pytest.raises(ConfigError, match="CUDA version is"):
        BootContext(
            stack="dev",
            nonce=NONCE,
            environment=dataclasses.replace(PARTS, cuda_major=cuda),
            environment_yml=SIMPLE,
        )


@pytest.mark.parametrize("name", [*NAMES, "a" * 33])
def test_a_hostile_name_is_refused(name: str) -> None:
    """Names are checked to their end, newline included."""
    with pytest.raises(ConfigError, match="stack is"):
        BootContext(stack=name, nonce=NONCE, environment=PARTS, environment_yml=SIMPLE)
    with pytest.raises(ConfigError, match="login user is"):
        BootContext(stack="dev", nonce=NONCE, login_user=name, environment=PARTS, environment_yml=SIMPLE)


def test_an_unknown_installer_is_refused() -> None:
    """The message lists what is allowed."""
    with pytest.raises(ConfigError, match="miniconda, miniforge"):
        BootContext(stack="dev", nonce=NONCE, installer="anaconda", environment=PARTS, environment_yml=SIMPLE)


@pytest.mark.parametrize("data", [b"\xff\xfe", "name: x".encode("utf-16"), b"a\x00b"])
def test_a_file_that_is_no_text_is_refused(data: bytes) -> None:
    """A secret could hide in another encoding."""
    with pytest.raises(ConfigError, match=r"environment\.yml is not"):
        BootContext(stack="dev", nonce=NONCE, environment=PARTS, environment_yml=data)


def test_a_startup_script_with_windows_lines_is_refused() -> None:
    """It would fail on the host with a riddle."""
    with pytest.raises(ConfigError, match="Windows line endings"):
        BootContext(
            stack="dev",
            nonce=NONCE,
            environment=PARTS,
            environment_yml=SIMPLE,
            startup_script=b"#!/bin/sh\r\nls\r\n",
        )


def test_a_secret_in_any_file_is_refused() -> None:
    """Each of the user's files is looked at."""
    secret = b"# ghp_" + b"a1" * 18
    for given in ("environment_yml", "requirements_txt", "startup_script", "lock"):
        files: dict[str, Any] = {"environment_yml": SIMPLE, given: secret}
        with pytest.raises(ConfigError, match="line 1: a GitHub token"):
            BootContext(stack="dev", nonce=NONCE, environment=PARTS, **files)


def test_a_lock_of_another_environment_is_refused() -> None:
    """A stale lock would silently install yesterday's environment."""
    digest = hashlib.sha256(SIMPLE).hexdigest().encode()
    lock = b"# gpuinfra lock v1 input-sha256=" + digest + b" cuda=12.4\n@EXPLICIT\n"
    BootContext(stack="dev", nonce=NONCE, environment=PARTS, environment_yml=SIMPLE, lock=lock)
    with pytest.raises(ConfigError, match=r"another environment\.yml"):
        BootContext(stack="dev", nonce=NONCE, environment=PARTS, environment_yml=SIMPLE + b"\n", lock=lock)
