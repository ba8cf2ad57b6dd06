"""The Python API over a world of stand-ins: values, not text; nothing is asked of a terminal."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from gpuinfra import ConfigError, GpuHost, HostError
from gpuinfra.features.jobs import job as jobs
from gpuinfra.ground.model import Outcome
from gpuinfra.ground.world import World
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.jobs import JOB, FakeHostClient
from tests.fakes.world import RUNNING, FakeEventLog, FakeTerraform
from tests.features.events.test_events import CONSOLE, STOPPED, UP
from tests.features.guard.test_guard import answer, world
from tests.features.jobs.test_jobs import made
from tests.features.money.lease_scene import Scene, running
from tests.features.usage.test_usage import ANSWER, ENDED
from tests.features.usage.values import SAMPLE


class HostOf(GpuHost):
    """The API over a world of the test's own."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = lambda: world


def test_one_sample_asks_for_no_price(tmp_path: Path) -> None:
    """Who polls it in a loop wants numbers, and why there are none of a GPU."""
    client = FakeHostClient({**SAMPLE, "gpu_words": "GPU 1 is lost", "jobs": [JOB]})
    now = HostOf(made(tmp_path, host=client)).top()
    assert (now.sample.gpus[0].busy_percent, now.sample.cpu_cores) == (97, 3.4)
    assert (now.jobs[0].name, now.gpu_words) == ("train", "GPU 1 is lost")


def test_the_use_while_a_job_ran(tmp_path: Path) -> None:
    """By the job that `start_job` returned, drawn into a file."""
    client = FakeHostClient(ENDED, ANSWER)
    picture = tmp_path / "use.svg"
    found = HostOf(made(tmp_path, host=client)).usage(job=jobs.parse(ENDED), svg=picture)
    assert (found.about, found.totals.gpus[0].busy_percent) == ("the job train", 95)
    assert client.asked[0]["job"] == "abcd"
    assert picture.read_text().startswith("<svg")


def test_the_use_of_the_last_time(tmp_path: Path) -> None:
    """As long as it is said."""
    client = FakeHostClient(ANSWER)
    assert HostOf(made(tmp_path, host=client)).usage(since="2h").about == "the last 2h"
    assert client.asked[0]["seconds"] == 7200


def test_events_of_a_host_that_is_off(tmp_path: Path) -> None:
    """When, by whom and why, as values; since a time."""
    cloud, log = FakeCloud(instance=STOPPED, consoles=(CONSOLE,)), FakeEventLog(UP)
    host = HostOf(fake_world(tmp_path, cloud=cloud, events=log))
    assert [(one.kind, one.by) for one in host.events()] == [
        ("command", "ada"),
        ("end", "guard"),
        ("aws", ""),
    ]
    assert [one.kind for one in host.events(since="2026-11-29T20:15:59+00:00")] == ["aws"]


def test_cost_and_lease_are_numbers(tmp_path: Path) -> None:
    """USD: four hours at one dollar, of a lease of twenty."""
    host = HostOf(Scene(tmp_path, running(4)).world)
    assert host.cost().usd == pytest.approx(4, abs=0.01)
    lease = host.lease()
    assert (lease.unit, lease.limit, lease.state) == ("USD", 20, "runs")
    assert lease.used == pytest.approx(4, abs=0.01)


@pytest.mark.parametrize("more", [{}, {"usd": -5.0}, {"hours": 5.0}])
def test_a_lease_is_not_extended_by_nonsense(more: dict[str, float], tmp_path: Path) -> None:
    """By no sum, a negative one, or hours of a lease in dollars."""
    scene = Scene(tmp_path, running(4))
    with pytest.raises(ConfigError, match="say by how much"):
        HostOf(scene.world).extend_lease(**more, yes=True)
    assert scene.values.written == []


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda host: host.guard_status(), "status"),
        (lambda host: host.guard_extend("2h"), "extend 7200"),
        (lambda host: host.guard_off("8h"), "off 28800"),
        (lambda host: host.guard_off(), "off -1"),
        (lambda host: host.guard_on(), "on"),
    ],
)
def test_the_guard_is_asked_and_told(call: Any, words: str, tmp_path: Path) -> None:
    """Each returns what the guard says then."""
    here, client = world(tmp_path, answer())
    assert call(HostOf(here)).values["state"]["left_s"] == 2820
    assert " ".join(client.ran[-1][0]).endswith(f"__main__.py {words}")


def test_a_time_that_is_none_is_refused_before_the_guard_is_asked(tmp_path: Path) -> None:
    """With what is allowed."""
    here, client = world(tmp_path, answer())
    with pytest.raises(ConfigError, match="such as 30m or 2h") as refused:
        HostOf(here).guard_extend("tomorrow")
    assert refused.value.hint == "gpuinfra guard extend 2h"
    assert client.ran == []


def test_the_next_step_is_about_the_same_stack(tmp_path: Path) -> None:
    """As on the command line, also where what raises does not know the stack."""
    there = HostOf(fake_world(tmp_path))
    there.stack = "big"
    with pytest.raises(ConfigError) as refused:
        there.events(since="zz")
    assert refused.value.hint == "gpuinfra events --stack big --since 2h"
    assert refused.value.__notes__ == ["  next: gpuinfra events --stack big --since 2h"]


@pytest.mark.parametrize(
    "call", [lambda host: host.top(), lambda host: host.usage(), lambda host: host.guard_status()]
)
def test_what_a_stopped_host_cannot_say_is_an_error_with_the_next_step(call: Any, tmp_path: Path) -> None:
    """It is not started for it: that would cost money unasked."""
    cloud = FakeCloud(instance=STOPPED)
    with pytest.raises(HostError, match="stopped") as refused:
        call(HostOf(fake_world(tmp_path, cloud=cloud)))
    assert refused.value.hint == "gpuinfra start"
    assert cloud.calls == []


def test_down_returns_the_receipt(tmp_path: Path) -> None:
    """What each thing has cost; the same as is kept in the stack's file."""
    gone = dataclasses.replace(
        RUNNING, state="terminated", launched="2026-11-01T10:00:00Z", since="2026-11-01T12:00:00Z",
    )  # fmt: skip
    terraform = FakeTerraform(Outcome(ok=True, destroyed=2))
    receipt = HostOf(fake_world(tmp_path, cloud=FakeCloud(instance=gone), terraform=terraform)).down(yes=True)
    assert receipt
    assert [line.name for line in receipt.lines] == ["host", "disk", "address"]
    kept = json.loads((tmp_path / "receipts.jsonl").read_text())
    assert kept == json.loads(json.dumps(receipt.plain()))
