"""What the guard keeps over a restart, a reboot, a full disk; what it does when a signal breaks."""

import json
from pathlib import Path

import pytest

from gpuinfra.host.guard import kept
from gpuinfra.host.guard.rule import Seen
from tests.host.guard.daemon_host import QUIET, FakeActions, edit, guard, reboot, state


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A directory that stands for the host's disk and /run."""
    return tmp_path


def test_a_killed_guard_goes_on_counting(host: Path) -> None:
    """Not a second is lost or counted twice."""
    guard(host).tick()
    edit(host, "run", idle_s=3000.0)
    assert guard(host).state.idle_s == 3000


def test_a_reboot_goes_on_and_a_start_begins_anew(host: Path) -> None:
    """Told apart by the time that the host was gone, where EC2 does not tell; each boot is noted."""
    guard(host).tick()
    edit(host, "disk", idle_s=3000.0)
    reboot(host)
    again = guard(host)
    assert (again.state.idle_s, again.state.up_s, again.boots[-1]["is_start"]) == (3000, 0, False)
    edit(host, "disk", idle_s=3000.0, at=state(host)["at"] - 3600)
    reboot(host)
    anew = guard(host)
    assert (anew.state.idle_s, anew.boots[-1]["is_start"]) == (0, True)
    assert len(json.loads((host / "disk" / kept.BOOTS).read_text())["boots"]) == 3


def test_a_host_that_the_guard_has_ended_begins_anew_whatever_the_clock_says(host: Path) -> None:
    """Or it would end again at once; here the clock was set back, so that no gap can be seen."""
    guard(host).tick()
    edit(host, "disk", idle_s=3600.0, ended_s=5.0, at=state(host)["at"] + 7200)
    reboot(host)
    assert guard(host).state.idle_s == 0


def test_it_ends_an_unused_host_with_the_numbers(host: Path) -> None:
    """And again, if the first try did not end it."""
    actions = FakeActions()
    guard(host).tick()
    edit(host, "run", idle_s=3600.0, up_s=5000.0, warned_s=600.0)
    last = guard(host, actions=actions)
    last.tick()
    assert actions.ended == ["idle for 60 min (quiet)"]
    assert state(host)["decisions"][-1]["words"] == "idle for 60 min (quiet)"
    last.tick()
    assert len(actions.ended) == 2


def test_a_signal_that_raises_is_no_idle_time(host: Path) -> None:
    """Whatever it raises; the words say what."""

    def broken() -> Seen:
        raise PermissionError("no right")

    one = guard(host, {"gpu": broken})
    one.tick()
    assert one.info["seen"]["gpu"] == {"busy": None, "words": "not read: PermissionError no right"}


@pytest.mark.parametrize(
    "broken", ["", "{", "[]", '{"state": 3}', '{"boot_s": "x"}', '{"limits": "nonsense"}']
)
def test_a_broken_file_does_not_end_the_guard(host: Path, broken: str) -> None:
    """After a power cut it may be empty, or half."""
    (host / "disk").mkdir()
    (host / "disk" / kept.STATE).write_text(broken)
    one = guard(host)
    one.tick()
    assert state(host)["limits"] == "idle=60 warn=10"


def test_a_disk_that_takes_nothing_changes_nothing(host: Path) -> None:
    """What is counted lives on in /run."""
    (host / "disk").write_text("a file stands where its directory should be")
    one = guard(host)
    one.state.idle_s = 1000
    one.tick()
    assert guard(host).state.idle_s >= 1000


def test_requests_are_obeyed_once(host: Path) -> None:
    """Also by a guard that was restarted after it."""
    one = guard(host)
    (host / "run" / kept.REQUEST).write_text(
        json.dumps({"id": "1", "kind": "extend", "extended_s": 60.0, "words": "x"})
    )
    one.obey()
    assert one.state.extended_s == 60
    one.state.extended_s = 5
    one.save()
    again = guard(host)
    again.obey()
    assert again.state.extended_s == 5


def test_the_answer_to_a_request_says_until_when_the_host_stays(host: Path) -> None:
    """Not at the next tick: before it the answer said "no limit", or an end that was an extension's."""
    one = guard(host)
    one.tick()
    for kind, asked, left_s in (
        ("extend", {"extended_s": 7200.0}, 7200),
        ("on", {"off_s": 0.0, "extended_s": 0.0}, 3600),
        ("off", {"off_s": -1.0}, None),
        ("on again", {"kind": "on", "off_s": 0.0, "extended_s": 0.0}, 3600),
    ):
        (host / "run" / kept.REQUEST).write_text(json.dumps({"kind": kind, "id": kind, "words": "", **asked}))
        one.obey()
        assert state(host)["state"]["left_s"] == left_s, kind


def test_ec2s_own_word_tells_a_start_from_a_reboot(host: Path) -> None:
    """A clock that was set, or a slow reboot, is then no matter."""
    actions = FakeActions()
    actions.started = "2026-11-29T12:00:00Z"
    guard(host, actions=actions).tick()
    edit(host, "disk", idle_s=3000.0, at=state(host)["at"] - 7200)
    reboot(host)
    assert guard(host, actions=actions).state.idle_s == 3000
    actions.started = "2026-11-30T12:00:00Z"
    reboot(host)
    assert guard(host, actions=actions).state.idle_s == 0


def test_a_changed_tag_is_taken_and_a_silent_service_changes_nothing(host: Path) -> None:
    """A tag that is none of ours is told, and the last good one holds."""
    actions = FakeActions()
    actions.says = "idle=30 warn=5"
    one = guard(host, actions=actions)
    one.tick()
    assert one.limits.idle_minutes == 30
    for says in ("", "idle=soon"):
        actions.says = says
        for _ in range(4):
            one.tick()
        assert one.limits.idle_minutes == 30
    assert [each["kind"] for each in one.info["decisions"]][-1] == "settings refused"
    actions.says = "off"
    assert guard(host, actions=actions).limits.idle_minutes == 30
    for _ in range(3):
        one.tick()
    assert one.limits.idle_minutes == 0


def test_terminals_are_warned_with_the_command_that_keeps_the_host(host: Path) -> None:
    """And told when the warning is void."""
    actions, seen = FakeActions(), [QUIET]
    guard(host).tick()
    edit(host, "run", idle_s=3100.0, up_s=5000.0)
    one = guard(host, {"gpu": lambda: seen[-1]}, actions)
    one.tick()
    assert "stops in 10 min" in actions.told[0]
    assert "gpuinfra guard extend 2h" in actions.told[0]
    seen.append(Seen(True, "GPU 90 %"))
    one.tick()
    assert actions.told[-1] == "gpuinfra: this host stays on"


def test_the_words_tell_for_how_long_nobody_has_typed(host: Path) -> None:
    """As the last words of the host and in each warning."""
    one = guard(
        host, {"terminal": lambda: Seen(False, "no terminal in use"), "job": lambda: Seen(False, "no job")}
    )
    one.tick()
    one.state.quiet_s["terminal"] = 31 * 60.0
    assert one.words() == "no terminal for 31 min, no job"
