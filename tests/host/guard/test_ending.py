"""How a host ends: once, in time, whatever the hook and the disk do."""

from pathlib import Path

import pytest

from tests.host.guard.ended_host import EndedHost, kill, lives, result
from tests.waiting import PATIENCE_S, wait_until


@pytest.fixture
def host(tmp_path: Path) -> EndedHost:
    """A host that can end."""
    return EndedHost.made(tmp_path)


def counting(host: EndedHost, then: str = "") -> str:
    """Return a hook that notes each run of it, and its pid."""
    return f"#!/bin/bash\necho $$ >> {host.root}/ran\n{then}\n"


def test_the_hook_knows_why_and_how_long(host: EndedHost) -> None:
    """It is told the reason, who, and its deadline; the host is powered off, the console tells why."""
    host.hook(counting(host, f'echo "$GPUINFRA_REASON|$GPUINFRA_BY|$GPUINFRA_DEADLINE_S" > {host.root}/told'))
    ran, said = host.end("poweroff", "guard", "idle for 60 min (GPU 0 %)", 30)
    assert (ran, host.text("told")) == (True, "idle for 60 min (GPU 0 %)|guard|30\n"), said
    assert host.text("asked") == "--no-block poweroff\n"
    end = host.events("end")[0]
    assert (end["by"], end["reason"]) == ("guard", "idle for 60 min (GPU 0 %)")
    assert '\ngpuinfra-event {"time": ' in host.text("dev/console")
    assert "on_stop ended with exit code 0" in said


def test_two_endings_at_once_run_the_hook_once(host: EndedHost) -> None:
    """The second waits for the first, runs nothing itself, and still powers off as it was asked to."""
    host.hook(counting(host, f"until [ -e {host.root}/go-on ]; do sleep 0.05; done"))
    first = host.begin("none", "stop", "asked for by ada", 30)
    host.wait_for("ran")
    second = host.begin("poweroff", "guard", "idle", 30)
    assert second.stderr
    assert "another ending is under way" in second.stderr.readline()
    (host.root / "go-on").touch()
    assert (result(first)[0], result(second)[0]) == (True, False)
    assert len(host.text("ran").splitlines()) == 1
    assert len(host.events("end")) == 1
    assert host.text("asked") == "--no-block poweroff\n"


def test_a_hook_that_hangs_is_ended_in_time_with_its_children(host: EndedHost) -> None:
    """It ignores TERM and has a child: both are killed at the deadline, and the host ends."""
    host.hook(
        counting(host, f'trap "" TERM\n(trap "" TERM; echo $BASHPID > {host.root}/child; sleep 300) &\nwait')
    )
    ran, said = host.end("poweroff", "guard", "idle", 2)
    assert ran
    assert "asked to end (TERM)" in said
    assert "it took longer than 2 s" in said
    assert not lives(host.text("ran").strip())
    assert not lives(host.text("child").strip())
    assert host.events("on_stop")[0]["seconds"] < 4
    assert host.text("asked")


def test_a_killed_ending_is_taken_over(host: EndedHost) -> None:
    """The hook that it left running is waited for, not run again; then the host ends."""
    host.hook(
        counting(host, f"until [ -e {host.root}/go-on ]; do sleep 0.05; done; echo > {host.root}/hook-done")
    )
    first = host.begin("poweroff", "guard", "idle", 30)
    pid = host.wait_for("ran")
    kill(first)
    assert lives(pid)
    second = host.begin("poweroff", "lease", "20 USD are spent", 30)
    (host.root / "go-on").touch()
    assert result(second)[0]
    assert host.text("hook-done")
    assert len(host.text("ran").splitlines()) == 1
    assert "went on when the ending before was killed" in host.events("on_stop")[0]["text"]


def test_a_hook_left_by_a_killed_ending_is_ended_at_its_own_deadline(host: EndedHost) -> None:
    """Its time runs on from when it began."""
    host.hook(counting(host, "sleep 300"))
    first = host.begin("poweroff", "guard", "idle", 2)
    pid = host.wait_for("ran")
    kill(first)
    assert result(host.begin("poweroff", "guard", "idle", 60))[0]
    wait_until(lambda: not lives(pid), "the hook to be gone")


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ("exit 1\n", 0o755, "exit code 1"),
        ("echo by bash > told\nexit 0\n", 0o644, "exit code 0"),
        ("#!/no/such/interpreter\n", 0o755, "exit code 12"),
    ],
)
def test_a_hook_that_fails_is_told_and_the_host_ends(
    host: EndedHost, text: str, mode: int, words: str
) -> None:
    """Exit code 1, no x bit (bash runs it), an interpreter that is not there: the host goes down."""
    host.hook(text, mode=mode)
    assert words in host.end("poweroff", "guard", "idle", 10)[1]
    assert words in host.events("on_stop")[0]["text"]
    assert host.text("asked")


def test_without_a_hook_the_host_just_ends(host: EndedHost) -> None:
    """Nothing is said of a hook that nobody gave."""
    assert host.end("poweroff", "guard", "idle", 10) == (True, "")
    assert [event["kind"] for event in host.events()] == ["end"]


def test_a_full_disk_keeps_no_host(host: EndedHost) -> None:
    """The events go to /run, the last words to the console, and the hook runs."""
    (host.root / "var/lib/gpuinfra").rmdir()
    (host.root / "var/lib/gpuinfra").symlink_to("/dev/full")  # no folder: each write fails
    host.hook(counting(host))
    assert host.end("poweroff", "guard", "idle", 10)[0]
    assert host.text("ran")
    assert "on_stop" in host.text("run/gpuinfra/events.jsonl")
    assert "gpuinfra-event" in host.text("dev/console")


def test_what_was_taken_back_counts_no_longer(host: EndedHost) -> None:
    """A stop that ran the hook and was not followed by the end: a later ending runs it again."""
    host.hook(counting(host))
    assert host.end("none", "stop", "asked", 10)[0]
    assert not host.end("poweroff", "guard", "idle", 10)[0]
    state = host.root / "run/gpuinfra/ending.json"
    state.write_text(state.read_text(encoding="utf-8").replace('"done_s": ', '"done_s": -'), encoding="utf-8")
    assert host.end("poweroff", "guard", "idle", 10)[0]
    assert len(host.text("ran").splitlines()) == 2


@pytest.mark.parametrize(
    ("jobs", "runs"),
    [("  1 poweroff.target start waiting\n", 1), ("  1 reboot.target start waiting\n", 0), ("", 0)],
)
def test_a_reboot_is_no_ending(host: EndedHost, jobs: str, runs: int) -> None:
    """Systemd's list of jobs tells a shutdown from a reboot, and from a unit that is renewed."""
    host.hook(counting(host))
    (host.root / "list-jobs").write_text(jobs, encoding="utf-8")
    process = host.start("shutdown")
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert len(host.text("ran").splitlines()) == runs
    assert [event["by"] for event in host.events("end")] == ["EC2 or root"] * runs


def test_the_users_hook_is_taken_and_removed(host: EndedHost) -> None:
    """As it is on the laptop now; without an action nothing ends."""

    def ask(request: str) -> str:
        process = host.start("ask", given=request)
        return process.communicate(timeout=PATIENCE_S)[0]

    assert '"changed": true, "ran": false' in ask('{"on_stop": "echo bye\\n"}')
    path = host.root / "etc/gpuinfra/on_stop"
    assert (path.read_text(encoding="utf-8"), path.stat().st_mode & 0o777) == ("echo bye\n", 0o755)
    assert '"changed": false' in ask('{"on_stop": "echo bye\\n"}')
    assert '"changed": true' in ask('{"on_stop": null}')
    assert not path.exists()
    assert '"changed": false' in ask('{"on_stop": null}')
    assert host.events() == []


def test_whatever_goes_wrong_the_host_ends(host: EndedHost) -> None:
    """A note of another ending that is not as it should be is told, and keeps no host."""
    host.hook(counting(host))
    host.end("none", "stop", "asked", 10)
    state = host.root / "run/gpuinfra/ending.json"
    state.write_text(state.read_text(encoding="utf-8").replace("done_s", "odd"), encoding="utf-8")
    (host.root / "run/gpuinfra/on_stop.json").write_text('{"pid": 1}', encoding="utf-8")
    assert host.end("poweroff", "guard", "idle", 10)[0]
    assert "KeyError" in host.events("ending failed")[0]["reason"]
    assert host.text("asked")


def test_a_power_off_that_is_refused_is_forced(host: EndedHost) -> None:
    """And told on the console: a host that goes on costs money."""
    (host.root / "bin/systemctl").write_text(
        '#!/bin/sh\necho "$*" >> "$GPUINFRA_ROOT/asked"\necho "Transport endpoint" >&2\nexit 1\n',
        encoding="utf-8",
    )
    host.end("poweroff", "guard", "idle", 10)
    assert host.text("asked").splitlines() == ["--no-block poweroff", "--no-block poweroff --force"]
    assert "power-off failed" in host.text("dev/console")
