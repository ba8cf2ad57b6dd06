"""A key is proven usable before a host is paid for: with the real ssh, ssh-keygen and ssh-agent."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.tools.ssh import key_check

ALIAS = "gpuinfra-default"


def keygen(path: Path, passphrase: str = "") -> Path:
    """Make a key pair."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)], check=True)
    return path


@pytest.fixture
def key(home: Path) -> Path:
    """A key pair without a passphrase."""
    return keygen(home / "id")


@pytest.fixture
def env(home: Path) -> dict[str, str]:
    """No agent; an ssh whose user has a configuration of his own (ssh finds it by the user, not by HOME)."""
    (home / "config").touch()
    wrapper = home / "bin/ssh"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {home}/config "$@"\n')
    wrapper.chmod(0o700)
    return {"PATH": f"{wrapper.parent}:{os.environ['PATH']}", "HOME": str(home)}


@pytest.fixture
def agent(home: Path) -> Iterator[Path]:
    """A real agent without keys: its socket."""
    socket = home / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE) as running:
        assert running.stdout
        running.stdout.readline()  # it listens
        yield socket
        running.terminate()


def add(key: Path, agent: Path) -> None:
    """Give the agent a key."""
    env = {**os.environ, "SSH_AUTH_SOCK": str(agent)}
    subprocess.run(["ssh-add", "-q", str(key)], env=env, check=True)


def test_a_key_that_ssh_can_use_is_no_trouble(key: Path, env: dict[str, str]) -> None:
    """Nothing is said of it."""
    assert key_check.trouble(key, alias=ALIAS, environ=env) is None


@pytest.mark.parametrize("mode", [0o644, 0o777, 0o640])
def test_a_mode_that_ssh_refuses_is_told_with_its_cure(mode: int, key: Path, env: dict[str, str]) -> None:
    """ssh: UNPROTECTED PRIVATE KEY FILE; the command makes it usable."""
    key.chmod(mode)
    found = key_check.trouble(key, alias=ALIAS, environ=env)
    assert found
    assert f"{mode:04o}" in found.message
    subprocess.run(found.hint, shell=True, check=True)
    assert key_check.trouble(key, alias=ALIAS, environ=env) is None


def test_a_passphrase_without_an_agent(home: Path, env: dict[str, str]) -> None:
    """Nobody could type it while a host boots."""
    found = key_check.trouble(keygen(home / "locked", "secret"), alias=ALIAS, environ=env)
    assert found
    assert "has a passphrase, and no ssh agent holds the key" in found.message
    assert found.hint == f'eval "$(ssh-agent)"; ssh-add {home}/locked'


def test_a_passphrase_with_an_agent_that_lacks_the_key(home: Path, env: dict[str, str], agent: Path) -> None:
    """The agent runs: adding the key is enough."""
    env["SSH_AUTH_SOCK"] = str(agent)
    found = key_check.trouble(keygen(home / "locked", "secret"), alias=ALIAS, environ=env)
    assert found
    assert found.hint == f"ssh-add {home}/locked"


def test_another_private_key_beside_the_public_one(home: Path, key: Path, env: dict[str, str]) -> None:
    """The host would take the public one; the cure writes the right one."""
    other = keygen(home / "other")
    shutil.copy(other, key)
    found = key_check.trouble(key, alias=ALIAS, environ=env)
    assert found
    assert f"{key} is not the private half of {key}.pub" in found.message
    subprocess.run(found.hint, shell=True, check=True)
    assert key_check.trouble(key, alias=ALIAS, environ=env) is None


def test_a_private_half_that_is_nowhere(key: Path, env: dict[str, str]) -> None:
    """Only the public key was copied to this machine."""
    key.unlink()
    found = key_check.trouble(key, alias=ALIAS, environ=env)
    assert found
    assert "neither in" in found.message


def test_what_is_no_private_key(key: Path, env: dict[str, str]) -> None:
    """ssh-keygen's own words are told."""
    key.write_text("not a key\n")
    found = key_check.trouble(key, alias=ALIAS, environ=env)
    assert found
    assert f"ssh cannot read the private key {key}: " in found.message


@pytest.mark.parametrize("by", ["environment", "configuration", "pattern"])
def test_a_key_that_is_only_in_an_agent(
    by: str, home: Path, key: Path, env: dict[str, str], agent: Path
) -> None:
    """In that of the environment, or of the user's own configuration, as password managers set it up."""
    add(key, agent)
    key.unlink()
    if by == "environment":
        env["SSH_AUTH_SOCK"] = str(agent)
    else:
        pattern = "*" if by == "configuration" else "gpuinfra-*"
        (home / "config").write_text(f"Host {pattern}\n  IdentityAgent {agent}\n")
        assert key_check.identity_agent(ALIAS, env) == str(agent)
    assert key_check.trouble(key, alias=ALIAS, environ=env) is None


def test_an_agent_that_the_user_switched_off(home: Path, key: Path, env: dict[str, str], agent: Path) -> None:
    """IdentityAgent none: ssh asks no agent, whatever SSH_AUTH_SOCK says."""
    add(key, agent)
    key.unlink()
    env["SSH_AUTH_SOCK"] = str(agent)
    (home / "config").write_text("IdentityAgent none\n")
    assert key_check.trouble(key, alias=ALIAS, environ=env)


def test_without_ssh_nothing_is_claimed(key: Path) -> None:
    """Of an ssh that is missing, or does not answer, other places tell."""
    assert key_check.identity_agent(ALIAS, {"PATH": "/nowhere"}) == ""
    assert key_check.trouble(key.with_name("absent"), alias=ALIAS, environ={"PATH": "/nowhere"}) is None
