"""Before a command ends a host: the hook and the saves, followed; nothing keeps the host from ending."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.ending import ending
from gpuinfra.ground import boot_status
from gpuinfra.ground.errors import ConfigError, GpuInfraError, Interrupted, Unreachable
from gpuinfra.ground.protocols import CommandResult
from gpuinfra.ground.world import World
from tests.fakes.host import FakeSshClient, fake_world
from tests.fakes.jobs import FakeHostClient
from tests.fakes.world import RUNNING, FakeEventLog, FakeReporter, FakeStackFiles
from tests.ground.test_boot_status import look
from tests.samples import host

EVENT = {"time": "2026-11-29T20:15:00.000Z", "kind": "end", "by": "ada", "reason": "gpuinfra stop"}
REPLY = json.dumps({"changed": False, "ran": True, "events": [EVENT]})
SUDO_REFUSED = CommandResult(code=1, stdout="", stderr="sudo: a password is required")


class InterruptedClient(FakeHostClient):
    """The user presses Ctrl-C while the hook runs."""

    def run(self, *_: Any, **__: Any) -> CommandResult:
        """Be interrupted."""
        raise KeyboardInterrupt


def world_of(
    tmp_path: Path, client: FakeHostClient, *, reporter: FakeReporter | None = None, hook: bytes | None = None
) -> World:
    """Return a world with a host that answers."""
    ssh, files = FakeSshClient(answers_at=[RUNNING.public_ip], looks=(look(),)), FakeStackFiles(tmp_path)
    ssh.pin(host(), ["ssh-ed25519 AAAA"])
    files.hook = hook
    return fake_world(
        tmp_path,
        ssh=ssh,
        files=files,
        host=client,
        reporter=reporter or FakeReporter(),
        events=FakeEventLog(),
    )


def said(world: World) -> str:
    """Return what the user was told."""
    assert isinstance(world.reporter, FakeReporter)
    return "\n".join(world.reporter.said)


def test_the_host_gets_the_hook_of_the_files_here_and_ends_with_it(tmp_path: Path) -> None:
    """As root, with the reason and a deadline; what the host has told is kept for when it is gone."""
    client = FakeHostClient(REPLY)
    world = world_of(tmp_path, client, hook=b"echo bye\n")
    ending.end(world, host(), "gpuinfra stop")
    program, stdin, _ = client.ran[0]
    assert (program[:2], program[-1]) == (["sudo", "-n"], "ask")
    request = json.loads(stdin)
    assert (request["action"], request["reason"], request["on_stop"]) == (
        "none",
        "gpuinfra stop",
        "echo bye\n",
    )
    assert request["deadline_s"] == ending.DEADLINE_S
    assert world.events.read() == [EVENT]
    assert said(world) == ""


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Unreachable("nothing answers"), "nothing answers"),
        (SUDO_REFUSED, "sudo: a password is required"),
        (CommandResult(code=0, stdout='{"odd": 1}', stderr=""), "how it ends"),
    ],
)
def test_what_cannot_be_done_is_told_and_the_host_ends_all_the_same(
    tmp_path: Path, reply: Any, words: str
) -> None:
    """No answer, no right, an answer of another version: it is never impossible to stop paying."""
    world = world_of(tmp_path, FakeHostClient(reply))
    ending.end(world, host(), "gpuinfra stop")
    assert "left to the host itself" in said(world)
    assert words in said(world)


def test_a_host_that_nobody_has_met_from_here_is_not_waited_for(tmp_path: Path) -> None:
    """Its key is not known here: the host does it by itself."""
    client = FakeHostClient(REPLY)
    world = fake_world(tmp_path, host=client)
    ending.end(world, host(), "gpuinfra down")
    assert client.ran == []
    assert "nobody has connected" in said(world)


@pytest.mark.parametrize("goes_on", [True, False])
def test_ctrl_c_offers_to_go_on(tmp_path: Path, goes_on: bool) -> None:
    """A hook that takes long costs no more than one key: yes ends the host at once, no ends nothing."""
    reporter = FakeReporter(answer=goes_on, at_terminal=True)
    world = world_of(tmp_path, InterruptedClient(REPLY), reporter=reporter)
    if goes_on:
        ending.end(world, host(), "gpuinfra stop")
    else:
        with pytest.raises(Interrupted, match="the host is not ended"):
            ending.end(world, host(), "gpuinfra stop")
    assert "without waiting" in reporter.asked[0]


def test_an_ending_before_is_told(tmp_path: Path) -> None:
    """The guard was faster: the hook is not run twice."""
    world = world_of(tmp_path, FakeHostClient(json.dumps({"changed": False, "ran": False})))
    ending.end(world, host(), "gpuinfra stop")
    assert "on_stop was run already" in said(world)


def test_a_hook_that_no_shell_runs_keeps_no_host(tmp_path: Path) -> None:
    """The one on the host is run; what is wrong here is said."""
    client = FakeHostClient(REPLY)
    world = world_of(tmp_path, client)

    class Broken(FakeStackFiles):
        def on_stop(self) -> bytes | None:
            raise ConfigError("on_stop has Windows line endings")

    ending.end(dataclasses.replace(world, user_data=Broken(tmp_path)), host(), "gpuinfra stop")
    assert "on_stop" not in json.loads(client.ran[0][1])
    assert "Windows line endings" in said(world)


@pytest.mark.parametrize(
    ("there", "here", "is_sent"),
    [(b"a", b"b", True), (b"a", b"a", False), (b"a", None, True), (None, None, False)],
)
def test_env_apply_brings_an_edited_hook(
    tmp_path: Path, there: bytes | None, here: bytes | None, is_sent: bool
) -> None:
    """Sent when it is another one, or none any more; the environment is not built anew for it."""
    client = FakeHostClient(json.dumps({"changed": True, "ran": False}))
    made_of = {"environment.yml": "0" * 64} | (
        {"on_stop": hashlib.sha256(there).hexdigest()} if there else {}
    )
    boot = dataclasses.replace(boot_status.parse(look()), made_of=made_of)
    ending.renew(world_of(tmp_path, client, hook=here), host(), boot)
    assert bool(client.ran) == is_sent
    if is_sent:
        assert json.loads(client.ran[0][1]) == {"on_stop": here.decode() if here else None}


def test_errors_of_the_renewal_are_the_users_to_see(tmp_path: Path) -> None:
    """`env apply` was asked for: what it could not do is an error."""
    boot = dataclasses.replace(boot_status.parse(look()), made_of={"environment.yml": "0" * 64})
    with pytest.raises(GpuInfraError, match="password"):
        ending.renew(world_of(tmp_path, FakeHostClient(SUDO_REFUSED), hook=b"a"), host(), boot)
