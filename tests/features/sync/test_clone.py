"""clone: what a URL means, what is lent to the host, and what a refusal says."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from gpuinfra.features.sync import clone as actions
from gpuinfra.ground.errors import ConfigError, HostError, Unreachable
from gpuinfra.ground.protocols import CommandResult
from tests.fakes.host import client, fake_world
from tests.fakes.jobs import FakeHostClient
from tests.features.sync.test_sync import reachable
from tests.samples import host

SECRET = "ghp_secret"
KNOWN = "github.com ssh-ed25519 AAAA\n"


class FakeRemote(FakeHostClient):
    """A host on which git ends as told."""

    def __init__(self, code: int = 0, stderr: str = "") -> None:
        super().__init__(CommandResult(code=code, stdout="", stderr=stderr))


class FakeAgent:
    """An agent with a key, and a machine that knows some servers."""

    def __init__(
        self, *, keys: bool = True, known: str = KNOWN, aliases: Mapping[str, tuple[str, str, str]] = {}
    ) -> None:
        self.keys, self.known, self.aliases = keys, known, aliases
        self.asked: list[str] = []

    def has_keys(self) -> bool:
        """Tell."""
        return self.keys

    def meant(self, alias: str) -> tuple[str, str, str]:
        """Return what the user's own configuration says of it."""
        return self.aliases.get(alias, ("ada", alias, "22"))

    def known_hosts(self, server: str) -> str:
        """Return the lines."""
        self.asked.append(server)
        return self.known


def clone(tmp_path: Path, url: str, remote: FakeRemote, agent: FakeAgent | None = None, **more: str) -> str:
    """Clone in the fake world."""
    given = {"into": "", "token": "", **more}
    world = fake_world(tmp_path, ssh=reachable(), host=remote)
    return actions.clone_source(world, agent or FakeAgent(), actions.parse(url), **given)


@pytest.mark.parametrize(
    ("url", "by_ssh", "server", "name"),
    [
        ("https://github.com/a/b.git", False, "github.com", "b"),
        ("git@github.com:a/b.c.git", True, "github.com", "b.c"),
        ("ssh://git@example.org:2222/a/b/", True, "[example.org]:2222", "b"),
    ],
)
def test_urls(url: str, by_ssh: bool, server: str, name: str) -> None:
    """The forms that people copy from a web page."""
    source = actions.parse(url)
    assert (source.by_ssh, source.server, source.name) == (by_ssh, server, name)


@pytest.mark.parametrize(
    "url",
    [
        "http://x/a",
        "https://u:pw@x/a",
        "https://ghp_aaaa@github.com/a/b",
        "/etc",
        "file:///etc",
        "ext::sh -c id",
        "https://x/",
        "https://x/..",
        "",
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    """Plain http would show the token, ext:: runs commands, a password or token would be kept."""
    with pytest.raises(ConfigError):
        actions.parse(url)


def test_the_token_goes_through_stdin_alone(tmp_path: Path) -> None:
    """No command line, here or there, holds it."""
    remote = FakeRemote()
    assert clone(tmp_path, "https://github.com/a/b", remote, token=SECRET) == "project/b"
    ((program, stdin, agent_lent),) = remote.ran
    assert SECRET not in " ".join(program)
    assert json.loads(stdin)["token"] == SECRET
    assert not agent_lent


def test_the_agent_is_lent_for_ssh_only(tmp_path: Path) -> None:
    """Together with the server's key as this machine knows it."""
    remote = FakeRemote()
    clone(tmp_path, "git@github.com:a/b.git", remote)
    ((_, stdin, agent_lent),) = remote.ran
    assert agent_lent
    assert json.loads(stdin) == {"token": "", "user": "", "known_hosts": KNOWN}


@pytest.mark.parametrize(
    ("agent", "says"), [(FakeAgent(keys=False), "no key to lend"), (FakeAgent(known=""), "does not know")]
)
def test_what_ssh_lacks_is_said_before_anything_is_tried(agent: FakeAgent, says: str, tmp_path: Path) -> None:
    """No key to lend, or a server that nobody has verified."""
    remote = FakeRemote()
    with pytest.raises(ConfigError, match=says):
        clone(tmp_path, "git@github.com:a/b.git", remote, agent)
    assert remote.ran == []


@pytest.mark.parametrize("into", ["/etc", "~/x", "../x", "a/../../x"])
def test_only_below_the_home(into: str, tmp_path: Path) -> None:
    """A clone is the user's."""
    with pytest.raises(ConfigError, match="not below the home"):
        clone(tmp_path, "https://github.com/a/b", FakeRemote(), into=into)


@pytest.mark.parametrize(
    ("url", "code", "stderr", "hint"),
    [
        ("https://x.org/a", 1, "fatal: could not read Username for 'https://x.org'", "clone --token"),
        ("git@x.org:a", 1, "ssh: connect to host x.org port 22: Connection timed out", "egress_ports"),
        ("https://x.org/a", 3, "", "--into project/a-2"),
        ("https://x.org/a", 4, "", "install -y git"),
    ],
)
def test_refusals_name_the_next_command(url: str, code: int, stderr: str, hint: str, tmp_path: Path) -> None:
    """Port 22 is closed on our hosts by default: the commonest reason of all."""
    with pytest.raises(HostError) as caught:
        clone(tmp_path, url, FakeRemote(code, stderr))
    assert hint in caught.value.hint


def test_the_agent_is_lent_on_a_connection_of_its_own(tmp_path: Path) -> None:
    """The shared connection may have been opened without the agent."""
    program = tmp_path / "ssh"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/argv\nexit 255\n')
    program.chmod(0o700)
    for lends, options in ((True, "-o ControlPath=none -A alias --"), (False, "alias --")):
        with pytest.raises(Unreachable):
            client([str(program), "alias"]).run(host(), ["/usr/bin/true"], lend_agent=lends)
        assert (tmp_path / "argv").read_text().startswith(f"{options} ")


@pytest.mark.parametrize(
    ("typed", "meant", "url", "server"),
    [
        ("git@work:o/r.git", ("git", "github.com", "22"), "git@github.com:o/r.git", "github.com"),
        ("work:o/r.git", ("git", "github.com", "22"), "git@github.com:o/r.git", "github.com"),
        (
            "git@work:o/r",
            ("git", "ssh.github.com", "443"),
            "ssh://git@ssh.github.com:443/o/r",
            "[ssh.github.com]:443",
        ),
        ("ssh://git@work/o/r", ("x", "example.org", "22"), "ssh://git@example.org/o/r", "example.org"),
        ("ssh://git@work:2222/o/r", ("x", "b.org", "22"), "ssh://git@b.org:2222/o/r", "[b.org]:2222"),
        ("git@github.com:o/r", ("ada", "github.com", "22"), "git@github.com:o/r", "github.com"),
        ("ssh://git@b.org:2222/o/r", ("ada", "b.org", "22"), "ssh://git@b.org:2222/o/r", "[b.org]:2222"),
    ],
)
def test_an_alias_of_the_users_ssh_is_resolved_here(
    typed: str, meant: tuple[str, str, str], url: str, server: str, tmp_path: Path
) -> None:
    """The host knows no alias of ~/.ssh/config; and the key that is lent is that of the true server."""
    remote, agent = FakeRemote(), FakeAgent(aliases={"work": meant})
    clone(tmp_path, typed, remote, agent)
    assert agent.asked == [server]
    assert url in remote.ran[0][0]


@pytest.mark.parametrize(
    ("code", "says"), [(5, "submodules: why"), (6, "pointers only: the host has no git-lfs")]
)
def test_what_is_missing_in_a_clone_is_told(code: int, says: str, tmp_path: Path) -> None:
    """Empty folders and pointer files are no success."""
    with pytest.raises(HostError, match=says):
        clone(tmp_path, "https://github.com/a/b", FakeRemote(code, "why"))
