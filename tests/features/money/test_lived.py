"""When a host ran, with what it said itself when it ended."""

import dataclasses
import time
from pathlib import Path

from gpuinfra.features.money import ledger, lived
from gpuinfra.features.money.rates import seconds
from gpuinfra.ground.world import World
from tests.fakes.host import fake_world
from tests.fakes.world import RECORDED, RUNNING, FakeEventLog


def world(tmp_path: Path, *events: dict[str, str]) -> World:
    """Return a world whose host began five hours ago and was found stopped now; nobody knows since when."""
    made = dataclasses.replace(fake_world(tmp_path, records=(RECORDED,)), events=FakeEventLog(*events))
    launched = time.time() - 5 * 3600
    seen = ledger.of(made.files)
    for state, at in (("running", launched + 60), ("stopped", time.time())):
        ledger.Ledger(seen._path.parent, now=lambda at=at: at).note(  # type: ignore[misc]
            dataclasses.replace(RUNNING, state=state, launched=iso(launched), since="")
        )
    return made


def iso(at: float) -> str:
    """Return a time as AWS and hosts say it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def hours(made: World) -> tuple[int, int]:
    """Return for how many hours it ran, and was stopped."""
    spans, now = lived.spans(made, RUNNING.instance_id), time.time()
    return round(seconds(spans, "running", until=now) / 3600), round(
        seconds(spans, "stopped", until=now) / 3600
    )


def test_a_host_that_powered_itself_off_cost_until_it_said_so(tmp_path: Path) -> None:
    """The guard ended it at night; its owner looks in the morning."""
    end = {"time": iso(time.time() - 3 * 3600), "kind": "end", "instance_id": RUNNING.instance_id}
    assert hours(world(tmp_path, end)) == (2, 3)


def test_without_its_words_it_ran_until_somebody_looked(tmp_path: Path) -> None:
    """Another host's words, and words that are no end, are not its own."""
    told = {"time": iso(time.time() - 3 * 3600), "kind": "end", "instance_id": "i-0fffffffffffffff0"}
    hook = {"time": told["time"], "kind": "on_stop", "instance_id": RUNNING.instance_id}
    assert hours(world(tmp_path, told, hook)) == (5, 0)
