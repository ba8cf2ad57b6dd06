"""A program of a user, run by test_api.py: a day in money, as JSON; argument: the project."""

import json
import sys
from pathlib import Path

from gpuinfra import ConfigError, GpuHost


def day(host: GpuHost) -> dict[str, object]:
    """Set a limit, ask for prices, make a host, extend its lease, look around, remove it."""
    host.init(region="us-west-2", owner="tester", instance_type="g5.xlarge", max_usd=20, force=True)
    prices = host.prices("g5.xlarge")
    host.up(yes=True, wait=False)
    try:
        host.extend_lease(usd=10)
    except ConfigError as error:
        refused = error.hint
    return {
        "region": prices.region,
        "usd_gpu_h": prices.rows[0].usd_gpu_h,
        "refused": refused,
        "limits": [host.lease().limit, host.extend_lease(usd=10, yes=True).limit],
        "state": host.lease().state,
        "cost": host.cost().usd,
        "waits": host.start_when_available("2h").waits_until,
        "events": [one.reason for one in host.events()],
        "leaks": [one.thing.region for one in host.leaks(["us-west-2", "eu-central-1"]).found],
        "receipt": (receipt := host.down(yes=True)) and receipt.plain(),
        "again": host.down(yes=True),
    }


if __name__ == "__main__":
    told: list[str] = []
    found = day(GpuHost(directory=Path(sys.argv[1]), on_line=told.append))
    json.dump({**found, "told": told}, sys.stdout)
