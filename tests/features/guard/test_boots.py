"""The boots that a guard has kept, as far as they are all that there were."""

import dataclasses
import json
from pathlib import Path

import pytest

from gpuinfra.features.guard import boots
from gpuinfra.ground.protocols import CommandResult
from gpuinfra.ground.world import World
from tests.fakes.host import FakeCloud, FakeSshClient, fake_world
from tests.fakes.jobs import FakeHostClient
from tests.fakes.world import RECORDED, RUNNING
from tests.ground.test_boot_status import look

MADE, AT = "2026-11-29T10:00:00Z", 1_795_946_400.0


def world(tmp_path: Path, reply: object, *, state: str = "running") -> World:
    """Return a world whose host has kept this."""
    assert RECORDED.host
    ssh = FakeSshClient(answers_at=[RUNNING.public_ip], looks=[look(state="done", rc=0)])
    ssh.pin(RECORDED.host, ["ssh-ed25519 AAAA"])
    client = FakeHostClient(reply if isinstance(reply, CommandResult) else json.dumps(reply))
    made = fake_world(tmp_path, records=(RECORDED,), ssh=ssh, host=client)
    cloud = FakeCloud(instance=dataclasses.replace(RUNNING, state=state, made=MADE))
    return dataclasses.replace(made, cloud=lambda region, settings: cloud)


def test_all_boots_of_a_host(tmp_path: Path) -> None:
    """From its first one on."""
    kept = [{"began": AT + 20, "last_seen": AT + 900}, {"began": AT + 5000, "last_seen": AT + 6000}]
    expected = [(AT + 20, AT + 900), (AT + 5000, AT + 6000)]
    assert boots.kept(world(tmp_path, {"boots": kept})) == expected


@pytest.mark.parametrize(
    "reply",
    [
        {"boots": [{"began": AT + 20, "last_seen": 1e17}]},  # no calendar has it
        {"boots": [{"began": AT + 20, "last_seen": float("nan")}]},
        {"boots": [{"began": AT + 90_000, "last_seen": AT + 91_000}]},  # the guard came a day later
        {
            "boots": [{"began": AT + it, "last_seen": AT + it + 1} for it in range(boots.MOST)]
        },  # first ones lost
        {"boots": []},
        {"boots": [{"began": "soon"}]},
        [],
        CommandResult(code=1, stdout="", stderr="no such file"),
    ],
    ids=["no year", "no time", "later", "too many", "none", "no number", "no record", "no file"],
)
def test_what_may_be_a_part_of_them_is_none(tmp_path: Path, reply: object) -> None:
    """A boot that is missing would be a time that cost nothing."""
    assert boots.kept(world(tmp_path, reply)) == []


def test_a_stopped_host_is_not_asked(tmp_path: Path) -> None:
    """Nor is it an error."""
    assert boots.kept(world(tmp_path, {"boots": []}, state="stopped")) == []
