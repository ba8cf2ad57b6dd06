"""What happened to a host, from all who know something of it, each event once and in its order."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.events import event
from gpuinfra.features.events.events import began, history, last_words
from gpuinfra.features.events.kept import EventFile
from gpuinfra.ground.errors import ConfigError, Unreachable
from tests.fakes.host import FakeCloud, FakeSshClient, fake_world
from tests.fakes.jobs import FakeHostClient
from tests.fakes.world import RUNNING, FakeEventLog, FakeReporter
from tests.ground.test_boot_status import look
from tests.samples import host

NOW = datetime(2026, 11, 29, 21, 0, tzinfo=UTC)
STOPPED = dataclasses.replace(
    RUNNING, state="stopped", public_ip="", since="2026-11-29T20:16:00Z",
    reason="Client.InstanceInitiatedShutdown: Instance initiated shutdown",
)  # fmt: skip
END = {
    "time": "2026-11-29T20:15:30.500Z",
    "kind": "end",
    "by": "guard",
    "reason": "idle for 60 min (GPU 0 %)",
}
HOOK = {
    "time": "2026-11-29T20:15:01.000Z", "kind": "on_stop", "by": "guard", "reason": END["reason"],
    "text": "on_stop ended with exit code 0", "output": "uploaded\nbye",
}  # fmt: skip
UP = {"time": "2026-11-29T18:00:00.000Z", "kind": "command", "by": "ada", "reason": "gpuinfra up"}
CONSOLE = (
    f"Debian GNU/Linux 13\n\ngpuinfra-event {json.dumps(END)}\r\ngpuinfra-event {{cut o\n[ OK ] Power off\n"
)


def told(**parts: Any) -> list[str]:
    """Return the kinds of what `events` tells."""
    return [one.kind for one in history(parts.pop("world"), since=parts.pop("since", ""), now=NOW).events]


def test_a_stopped_host_is_told_by_its_console_aws_and_what_was_kept(tmp_path: Path) -> None:
    """The same event from two sources is one; the order is that of time."""
    log = FakeEventLog(UP, HOOK, END)
    world = fake_world(tmp_path, cloud=FakeCloud(instance=STOPPED, consoles=(CONSOLE,)), events=log)
    found = history(world, since="", now=NOW)
    assert [one.kind for one in found.events] == ["command", "on_stop", "end", "aws"]
    assert found.text(NOW).splitlines() == [
        "2026-11-29 18:00:00  gpuinfra up  (ada)",
        "2026-11-29 20:15:01  on_stop ended with exit code 0  (guard)",
        "    | uploaded",
        "    | bye",
        "2026-11-29 20:15:30  the host ends: idle for 60 min (GPU 0 %)  (guard)",
        "2026-11-29 20:16:00  AWS: stopped: Client.InstanceInitiatedShutdown: Instance initiated shutdown",
    ]
    assert told(world=world, since="50m") == ["on_stop", "end", "aws"]


def test_a_running_host_is_asked_itself_and_its_words_are_kept(tmp_path: Path) -> None:
    """So that they are there after it is gone."""
    ssh, log = FakeSshClient(answers_at=[RUNNING.public_ip], looks=(look(),)), FakeEventLog()
    ssh.pin(host(), ["ssh-ed25519 AAAA"])
    client = FakeHostClient(json.dumps([HOOK, "odd", {"kind": "no time"}]))
    assert told(world=fake_world(tmp_path, ssh=ssh, host=client, events=log)) == ["on_stop"]
    assert [one["kind"] for one in log.events] == ["on_stop"]


def test_a_host_that_does_not_answer_keeps_nobody_from_what_is_known(tmp_path: Path) -> None:
    """It is said, and the rest is told."""
    ssh, reporter = FakeSshClient(answers_at=[RUNNING.public_ip], looks=(look(),)), FakeReporter()
    ssh.pin(host(), ["ssh-ed25519 AAAA"])
    client, log = FakeHostClient(Unreachable("nothing answers")), FakeEventLog(UP)
    world = fake_world(tmp_path, ssh=ssh, host=client, events=log, reporter=reporter)
    assert told(world=world) == ["command"]
    assert reporter.said == ["the host itself could not be asked: nothing answers"]


def test_after_down_the_kept_ones_are_told(tmp_path: Path) -> None:
    """Without a record of a host nobody is asked."""
    from gpuinfra.ground.model import Record

    world = fake_world(tmp_path, records=(Record(),), events=FakeEventLog(END, UP))
    assert told(world=world) == ["command", "end"]


def test_the_last_words_are_those_of_the_ending_else_of_aws(tmp_path: Path) -> None:
    """Who and why in one line; a host that could say nothing (power cut, hung) is told by AWS."""
    cloud = FakeCloud(instance=STOPPED, consoles=(CONSOLE, "nothing"))
    world = fake_world(tmp_path, cloud=cloud)
    assert last_words(world, host(), STOPPED) == "idle for 60 min (GPU 0 %) (guard)"
    assert "InstanceInitiatedShutdown" in last_words(world, host(), STOPPED)
    assert last_words(world, host(), None) == ""


def test_the_last_words_tell_the_hook_and_each_save(tmp_path: Path) -> None:
    """Those of the last ending alone; in seconds where they are known."""
    why = {"by": "EC2", "reason": "spot interruption: terminate at T"}
    steps = [
        {
            "time": "2026-11-29T20:00:00Z",
            "kind": "on_stop",
            "reason": "gpuinfra stop",
            "text": "another hook",
        },
        {"time": "2026-11-29T20:00:01Z", "kind": "end", "by": "ada", "reason": "gpuinfra stop"},
        {"time": "2026-11-29T20:10:00Z", "kind": "on_stop", "text": "on_stop ended", "seconds": 3.0, **why},
        {"time": "2026-11-29T20:10:01Z", "kind": "job ended", "text": "job train stopped, saved", **why},
        {"time": "2026-11-29T20:10:02Z", "kind": "end", **why},
    ]
    console = "\n".join(f"gpuinfra-event {json.dumps(one)}" for one in steps)
    world = fake_world(tmp_path, cloud=FakeCloud(instance=STOPPED, consoles=(console,)))
    assert last_words(world, host(), STOPPED) == (
        "spot interruption: terminate at T (EC2); on_stop ended (3 s); job train stopped, saved"
    )


def test_a_spot_host_without_last_words_is_told_by_aws(tmp_path: Path) -> None:
    """The notice never came; or it did, and EC2 has forgotten the console: neither is stated as certain."""
    reason = "Server.SpotInstanceTermination: Spot instance termination"
    gone = dataclasses.replace(STOPPED, state="terminated", reason=reason)
    words = last_words(fake_world(tmp_path, cloud=FakeCloud(instance=gone)), host(), gone)
    said = "and it said no last words that EC2 still has (for an hour): count on nothing saved then"
    assert words == f"EC2 took the spot host back, {said} ({reason})"


def test_a_price_that_rose_is_told_beside_the_last_words(tmp_path: Path) -> None:
    """What the host said of its end does not say why EC2 took it back, nor what helps."""
    reason = "Server.SpotInstanceTermination: Spot instance termination (instance-terminated-by-price)"
    gone = dataclasses.replace(STOPPED, state="terminated", reason=reason)
    words = last_words(fake_world(tmp_path, cloud=FakeCloud(instance=gone)), host(), gone)
    assert words.startswith("EC2 took the spot host back, as its price rose above max_price, and it said")


@pytest.mark.parametrize(
    ("since", "at"),
    [
        ("30m", NOW - timedelta(minutes=30)),
        ("3d", NOW - timedelta(days=3)),
        ("2026-11-29T20:15", datetime(2026, 11, 29, 20, 15, tzinfo=UTC)),
        ("", None),
    ],
)
def test_since_is_a_time_ago_or_a_time(since: str, at: datetime | None) -> None:
    """Without a zone it is the user's own clock."""
    assert began(since, NOW) == at


@pytest.mark.parametrize("since", ["yesterday", "2", "m", "-2h", "999999d", "9" * 30 + "h", "9" * 5000 + "h"])
def test_another_since_is_refused(since: str) -> None:
    """With what is allowed."""
    with pytest.raises(ConfigError, match="allowed: a time ago such as 30m"):
        began(since, NOW)


def test_what_is_kept_is_kept_once_for_its_owner_only(tmp_path: Path) -> None:
    """A host tells its last events at each look."""
    log = EventFile(tmp_path / "events.jsonl", now=lambda: NOW)
    log.note("gpuinfra up", "i-1")
    log.keep([END], "i-1")
    log.keep([END, HOOK], "i-1")
    assert [one["kind"] for one in log.read()] == ["command", "end", "on_stop"]
    assert (tmp_path / "events.jsonl").stat().st_mode & 0o777 == 0o600
    assert log.read()[0]["time"] == "2026-11-29T21:00:00.000Z"


@pytest.mark.parametrize("text", ["{", "[1]\n", '{"kind": 3, "time": 4}\n', "\xff\n"])
def test_a_damaged_file_is_no_error(tmp_path: Path, text: str) -> None:
    """What can be read of it is told."""
    (tmp_path / "events.jsonl").write_text(text, encoding="latin-1")
    log = EventFile(tmp_path / "events.jsonl")
    assert event.parse_all(log.read()) == []
    log.keep([END], "i-1")


def test_a_folder_that_is_not_there_ends_no_command(tmp_path: Path) -> None:
    """Nothing is kept then."""
    log = EventFile(tmp_path / "none/events.jsonl")
    log.note("gpuinfra down", "i-1")
    assert log.read() == []
