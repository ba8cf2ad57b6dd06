"""A program of a user, run by test_api.py: what the Python API says of a real host, as JSON."""

import json
import sys

from gpuinfra import GpuHost


def use(host: GpuHost) -> dict[str, object]:
    """Tell the guard, and look at what the host does and has done."""
    now = host.top()
    return {
        "guard": host.guard_status().values["runs"],
        "extended_s": host.guard_extend("2h").values["state"]["extended_s"],
        "off_s": [host.guard_off(time).values["state"]["off_s"] for time in ("8h", "")],
        "on_s": host.guard_on().values["state"]["off_s"],
        "gpus": [gpu.name for gpu in now.sample.gpus],
        "jobs": [job.name for job in now.jobs],
        "seconds": host.usage(since="1h").totals.seconds,
        "events": [one.kind for one in host.events()],
    }


if __name__ == "__main__":
    told: list[str] = []
    found = use(GpuHost(on_line=told.append))
    json.dump({**found, "told": told}, sys.stdout)
