"""On the host: the guard until a connection has brought the whole of it. Small: it is in user-data.

The rule is that of rule.py with fewer signals: GPU, CPU, network, what is typed, our units. off_hours, events
and the user's hook come with the first connection. It keeps what it counts where daemon.py finds it.
"""

from __future__ import annotations

import glob
import json
import os
import subprocess
import time

from gpuinfra.host import gpu_state, settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SPEED = float(os.environ.get("GPUINFRA_GUARD_SPEED", 1))
TICK_S, GRACE_S, GAP_S, FAILING_LIMIT_S = 20.0, 900, 300, 21600
FILES = ("/run/gpuinfra/guard/state.json", "/var/lib/gpuinfra/guard/state.json")
UNITS = "/sys/fs/cgroup/system.slice/gpuinfra-"
GPU = ("nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits")


def counters() -> tuple[float, float, list[tuple[str, float]]]:
    """Return CPU seconds, network bytes, and when each terminal was typed at."""
    with open("/sys/fs/cgroup/cpu.stat") as file:
        cpu_s = int(file.readline().split()[1]) / 1e6
    with open("/proc/net/dev") as file:
        rows = [line.split() for line in file if line.split()[0].startswith("e")]
    typed = [(path, os.stat(path).st_atime) for path in glob.glob("/dev/pts/[0-9]*")]
    return cpu_s, sum(float(row[1]) + float(row[9]) for row in rows), typed


def is_busy(before: Any, after: Any, elapsed_s: float) -> bool:
    """Tell whether the host was used since the tick before; raises where a signal cannot be read."""
    if after[0] - before[0] >= 0.5 * elapsed_s or after[1] - before[1] >= 1e6 * elapsed_s:
        return True
    if set(after[2]) - set(before[2]):
        return True
    if glob.glob(f"{UNITS}job-*") or glob.glob(f"{UNITS}bootstrap.service"):
        return True
    return gpu_state.is_sold() and max(map(int, subprocess.check_output(GPU, timeout=10).split())) >= 5


def minutes_left(info: dict[str, Any], limits: dict[str, str]) -> float | None:
    """Return the time to the end by the limits, None for none."""
    state = info["state"]
    ends = []
    if idle := float(limits.get("idle", 0)):
        ends.append(idle - state["idle_s"] / 60)
    if most := float(limits.get("max", 0)):
        ends.append(most * 60 - state["on_s"] / 60)
    return max(min(ends), (GRACE_S - state["up_s"]) / 60) if ends else None


def load() -> dict[str, Any]:
    """Return what was kept: in /run after a restart of this program, on the disk after a boot."""
    info: dict[str, Any] = {}
    for path in FILES:
        try:
            with open(path) as file:
                info = json.load(file)
        except (OSError, ValueError):
            continue
        if path == FILES[0]:
            return info
        break
    state = {"idle_s": 0.0, "on_s": 0.0, **info.get("state", {}), "up_s": 0.0}
    if (
        info.pop("ended_s", None) is not None or abs(time.time() - info.get("at", 0)) > GAP_S
    ):  # stopped and started: anew
        state.update(idle_s=0.0, on_s=0.0)
    return {"limits": "idle=60 warn=10", **info, "state": state}


def save(info: dict[str, Any]) -> None:
    """Keep it wherever there is room."""
    for path in FILES:
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(f"{path}.new", "w") as file:
                json.dump(info, file)
            os.replace(f"{path}.new", path)
        except OSError:
            continue


def tell(words: str) -> None:
    """Write to all terminals and the console."""
    for path in ["/dev/console", *glob.glob("/dev/pts/[0-9]*")]:
        try:
            with open(path, "w") as file:
                file.write(f"\r\ngpuinfra: {words}\r\n")
        except OSError:
            continue


def count(info: dict[str, Any], busy: bool, step_s: float) -> None:
    """Count a tick, warn, and end the host when its time has come."""
    state = info["state"]
    state["idle_s"] = 0.0 if busy else state["idle_s"] + step_s
    state["on_s"], state["up_s"] = state["on_s"] + step_s, state["up_s"] + step_s
    limits = dict(word.split("=") for word in info["limits"].split() if "=" in word)
    left, warn = minutes_left(info, limits), float(limits.get("warn", 10))
    warned_s = state.get("warned_s")
    if left is None or left > warn:
        state["warned_s"] = None
    elif warned_s is None:
        state["warned_s"] = 0.0
        tell(f"nobody uses this host, it stops in {warn:g} min")
    elif left <= 0 and warned_s >= warn * 60:
        tell(f"idle for {state['idle_s'] / 60:.0f} min, on for {state['on_s'] / 3600:.1f} h: the host stops")
        info["ended_s"] = boot_s()
        save(info)
        subprocess.run(["systemctl", "poweroff"])
    else:
        state["warned_s"] = warned_s + step_s


def main() -> None:
    """Guard for ever."""
    info, before, then, failing_s = load(), counters(), boot_s(), 0.0
    while True:
        time.sleep(TICK_S / SPEED)
        info["limits"] = settings.tag("gpuinfra:guard") or info["limits"]
        now = boot_s()
        try:
            after = counters()
            busy, before, failing_s = is_busy(before, after, now - then), after, 0.0
        except Exception:  # in doubt it is busy, for six hours
            failing_s += TICK_S
            busy = failing_s < FAILING_LIMIT_S
        step_s, then = min((now - then) * SPEED, 2 * TICK_S), now
        count(info, busy, step_s)
        info.update(at=time.time(), boot_s=now, tick_s=TICK_S / SPEED)
        save(info)


def boot_s() -> float:
    """Return the seconds since the boot."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
