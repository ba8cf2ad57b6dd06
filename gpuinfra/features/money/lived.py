"""When a host ran and was stopped: from the ledger, and from the host's own last words, kept on this machine.

A host that powers itself off (the guard, `--then stop`, sudo poweroff) is stopped without a time: EC2 leaves
its StateTransitionReason empty then. Without its last words it counts as running until somebody looked.
"""

from collections.abc import Sequence

from gpuinfra.features.money import history, ledger, moved
from gpuinfra.features.money.history import Boot
from gpuinfra.features.money.rates import Span
from gpuinfra.ground import when
from gpuinfra.ground.world import World

END = "end"  # the kind of event by which a host says that it ends


def spans(world: World, instance_id: str, *, boots: Sequence[Boot] = ()) -> list[Span]:
    """Return the times of a host in order; boots: all that it has had, none: nobody has asked it.

    With those of the hosts whose disk it has: it goes on for them.
    """
    sightings = ledger.of(world.files).sightings()
    return moved.joined(
        [
            history.spans(sightings, name, boots=boots, ends=_ends(world, name))
            for name in (*moved.before(world.files, instance_id), instance_id)
        ]
    )


def _ends(world: World, instance_id: str) -> list[float]:
    said = [it for it in world.events.read() if (it.get("kind"), it.get("instance_id")) == (END, instance_id)]
    times = [when.read(str(it.get("time", ""))) for it in said]
    return [time.timestamp() for time in times if time]
