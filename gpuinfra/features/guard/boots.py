"""The boots of a host, as its guard has kept them: what `cost` cannot know from AWS."""

import json

from gpuinfra.features.connect.connect import reach
from gpuinfra.ground import when
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.world import World

FILE = "/var/lib/gpuinfra/guard/boots.json"
MOST = 500  # so many the guard keeps
FIRST_S = 900.0  # from EC2's start of a new host to its first boot that was kept
TIMEOUT_S = 20.0


def kept(world: World) -> list[tuple[float, float]]:
    """Return (began, last seen), seconds since 1970, of each boot that there was; none where that is unsure.

    Only a host that runs and is known is asked; one that cannot be asked is no error.
    """
    host = world.recorded_host()
    instance = world.cloud(host.region, None).instance(host.instance_id)
    made = when.read(instance.made) if instance and instance.state == "running" else None
    if not made or not world.ssh.pinned(host):
        return []
    try:
        done = world.host.run(reach(world, host)[0], ("cat", FILE), timeout_s=TIMEOUT_S)
        raw = json.loads(done.stdout)["boots"]
        boots = [(float(one["began"]), float(one["last_seen"])) for one in raw]
    except (GpuInfraError, ValueError, KeyError, TypeError, RecursionError):
        return []
    # a guard that came to a host later, or that has forgotten the first ones, does not know all
    is_true = all(when.is_time(at) for boot in boots for at in boot)
    is_whole = is_true and 0 < len(boots) < MOST and boots[0][0] < made.timestamp() + FIRST_S
    return boots if is_whole else []
