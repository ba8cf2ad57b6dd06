"""A drill runs what a notice would, times it, and ends nothing."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.host.guard.ended_host import EndedHost
from tests.processes import until_test_ends
from tests.waiting import PATIENCE_S, wait_until


@pytest.fixture
def host(tmp_path: Path) -> EndedHost:
    """A host that can end."""
    return EndedHost.made(tmp_path)


def asked(host: EndedHost, notice_s: float = 60.0) -> "subprocess.Popen[str]":
    """Ask for a drill, as a laptop does."""
    return host.start("drill", str(notice_s))


def request(host: EndedHost) -> dict[str, Any]:
    """Wait for what the watcher finds."""
    path = host.root / "run/gpuinfra/guard/drill-asked.json"
    wait_until(path.exists, "the request")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def drill(host: EndedHost) -> tuple[dict[str, Any], str]:
    """Ask for one, do what the watcher does, and return the answer and what was said."""
    laptop = asked(host)
    found = request(host)
    unit = host.start("drilled", found["id"], str(found["notice_s"]), "0.4")
    unit.communicate(timeout=PATIENCE_S)
    out, said = laptop.communicate(timeout=PATIENCE_S)
    return json.loads(out), said


def test_the_hook_runs_and_nothing_ends(host: EndedHost) -> None:
    """It is told that it is a drill, and timed; an ending afterwards runs it again."""
    host.hook(f'#!/bin/bash\necho "$GPUINFRA_DRILL|$GPUINFRA_REASON" >> {host.root}/ran\n')
    answer, said = drill(host)
    assert answer["hook"]["exit_code"] == 0
    assert (answer["seen_s"], answer["jobs"], answer["done"]) == (0.4, [], True)
    assert "on_stop ended with exit code 0" in said
    assert host.text("asked") == ""
    assert [event["kind"] for event in host.events()] == ["drill"]
    assert host.end("none", "EC2", "spot interruption", 30)[0]
    assert host.text("ran").splitlines() == ["1|drill", "|spot interruption"]


def test_without_a_hook_there_is_nothing_to_time(host: EndedHost) -> None:
    """That is told as such."""
    answer, _ = drill(host)
    assert (answer["hook"], answer["jobs"]) == (None, [])


def test_a_notice_that_nobody_sees_is_told(host: EndedHost) -> None:
    """The guard does not run: a real notice would not be seen either."""
    out, _ = asked(host).communicate(timeout=PATIENCE_S)
    assert "nothing on the host has seen the notice" in json.loads(out)["error"]


def test_an_interruption_is_the_one_ending(host: EndedHost) -> None:
    """The hook, once; the reason names EC2's time; EC2 ends the host, no power-off does."""
    host.hook(f"#!/bin/bash\necho >> {host.root}/ran\n")
    until_test_ends(host.start("interrupted", "terminate", "2026-11-23T06:30:00Z")).communicate()
    (end,) = host.events("end")
    assert (end["by"], end["reason"]) == ("EC2", "spot interruption: terminate at 2026-11-23T06:30:00Z")
    assert host.text("asked") == ""
    assert host.end("poweroff", "EC2 or root", "the host was shut down", 30)[0] is False
    assert host.text("ran") == "\n"
