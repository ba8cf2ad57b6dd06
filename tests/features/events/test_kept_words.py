"""What was heard of the end of a host is kept, and told once EC2 has forgotten it."""

import dataclasses
from pathlib import Path

from gpuinfra.features.events.events import hear, last_words
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import FakeEventLog
from tests.features.events.test_events import END, STOPPED, UP
from tests.samples import host


def test_what_aws_said_of_a_stop_is_told_after_the_next_start(tmp_path: Path) -> None:
    """EC2 forgets it with the start; what was seen once is kept."""
    cloud, log = FakeCloud(instance=STOPPED), FakeEventLog(UP)
    world = fake_world(tmp_path, cloud=cloud, events=log)
    hear(world)
    assert [one["text"].partition(":")[0] for one in log.events[1:]] == ["stopped"]


def test_the_last_words_are_kept_for_when_the_console_has_gone(tmp_path: Path) -> None:
    """EC2 shows it for an hour, and not to everybody. Those of a run before say nothing of this end."""
    kept = {**END, "instance_id": host().instance_id}
    world = fake_world(tmp_path, cloud=FakeCloud(instance=STOPPED), events=FakeEventLog(kept))
    this_run = dataclasses.replace(STOPPED, launched="2026-11-29T18:00:00Z")
    next_run = dataclasses.replace(STOPPED, launched="2026-11-29T20:15:50Z")
    assert last_words(world, host(), this_run) == "idle for 60 min (GPU 0 %) (guard)"
    assert "InstanceInitiatedShutdown" in last_words(world, host(), next_run)


def test_a_stop_of_ours_is_told_as_ours(tmp_path: Path) -> None:
    """Where the host could not say it: AWS only knows that somebody asked. A stop by the console is none."""
    by_call = "Client.UserInitiatedShutdown: User initiated shutdown"
    commands = [
        {**UP, "time": f"2026-11-29T{at}Z", "reason": what, "instance_id": host().instance_id}
        for at, what in (("20:15:59", "gpuinfra stop"), ("20:20:00", "gpuinfra resize g5.xlarge"))
    ]
    stopped = dataclasses.replace(STOPPED, launched="2026-11-29T18:00:00Z", reason=by_call)
    world = fake_world(tmp_path, cloud=FakeCloud(instance=stopped), events=FakeEventLog(*commands))
    assert last_words(world, host(), stopped) == "gpuinfra stop (ada)"
    world = fake_world(tmp_path, cloud=FakeCloud(instance=stopped), events=FakeEventLog(UP))
    assert last_words(world, host(), stopped) == by_call
