"""`start --when-available` of a host that an earlier `start` has half moved."""

import dataclasses
import itertools
from datetime import UTC, datetime
from pathlib import Path

from gpuinfra.features.lifecycle import power, start_later
from tests.fakes.later_starts import FakeLaterStarts
from tests.features.lifecycle.account import OTHER, WORK, KilledError
from tests.features.lifecycle.moving import Scene, scene

NOW = datetime(2026, 11, 29, 17, 0, tzinfo=UTC)


def half_moved(directory: Path, later: FakeLaterStarts, step: int) -> Scene | None:
    """Return what a move leaves that is killed at a step; None: it has no such step."""
    directory.mkdir()
    it = scene(directory)
    it.account.kill_at = step
    try:
        power.start(it.world, it.elsewhere())
    except KilledError:
        it.account.kill_at = 0
        return dataclasses.replace(it, world=dataclasses.replace(it.world, later_starts=lambda *_: later))
    return None


def test_a_half_done_move_is_settled_first(tmp_path: Path) -> None:
    """Killed at any step of a move: the one host that there is then runs, or is waited for; never another."""
    ends = set()
    for step in itertools.count(1):
        later = FakeLaterStarts()
        if not (it := half_moved(tmp_path / str(step), later, step)):
            break
        own = it.elsewhere(moves=False)
        done = start_later.start(it.world, until="2h", when_available=True, now=NOW, elsewhere=own)
        host = it.account.instances[it.world.recorded_host().instance_id]
        assert (done.instance_id, it.account.disks[host.instance_id]) == (host.instance_id, WORK)
        running = [name for name, one in it.account.instances.items() if one.state == "running"]
        waiting = [(begun.instance_id, begun.launched) for begun in later.begun]
        moved = host.availability_zone == OTHER
        ends.add(moved)
        assert running == ([host.instance_id] if moved else [])
        assert waiting == ([] if moved else [(host.instance_id, host.launched)])
    assert ends == {True, False}
