"""Ask the guard on the host, and tell it: status, extend, off, on."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gpuinfra.features.connect.connect import connect
from gpuinfra.features.guard.guard_text import status_text
from gpuinfra.ground.errors import ConfigError, HostError
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.reply import checked
from gpuinfra.ground.world import World

TIMEOUT_S = 60.0
MAIN = "gpuinfra/host/guard/__main__.py"
UNTIL_ON = -1.0
UNITS_S = {"m": 60, "h": 3600, "d": 86400}
MOST_S = 365 * 86400
SEEN = {"busy": (bool, None), "words": str}
NUMBERS = ("idle_s", "on_s", "up_s", "extended_s", "off_s")
COUNTED = {
    **dict.fromkeys(NUMBERS, float),
    **dict.fromkeys(("warned_s", "left_s"), (float, None)),
    "why": (str, None),
    **dict.fromkeys(("failing_s", "quiet_s"), ({str: float}, None)),
}
DECISION = {"at": float, "kind": str, "words": str}
SHAPE = {
    "runs": bool,
    "now": float,
    "error": (str, None),
    "at": (float, None),
    "limits": (str, None),
    "refused": (str, None),
    "older": (bool, None),
    "spot": (bool, None),
    "state": (COUNTED, None),
    "seen": ({str: SEEN}, None),
    "decisions": ([DECISION], None),
}


@dataclass(frozen=True, kw_only=True)
class GuardStatus:
    """What the guard of a host has said; `values` is its whole answer."""

    stack: str
    values: dict[str, Any]

    def text(self, now: datetime) -> str:
        """Return it for people."""
        return status_text(self.values, stack=self.stack, now=now)


def status(world: World) -> GuardStatus:
    """Return what the guard counts and sees now.

    Raises:
        HostError: there is no host, or no guard on it.
    """
    return _asked(world, ["status"])


def extend(world: World, time: str) -> GuardStatus:
    """Keep the host on for that long, whatever is idle and however long it has been on.

    Raises:
        ConfigError: it is no time.
    """
    return _asked(world, ["extend", f"{_seconds(time, 'gpuinfra guard extend 2h'):.0f}"])


def off(world: World, time: str) -> GuardStatus:
    """Switch the guard off for that long, or until `on`; say what then stops the host."""
    off_s = _seconds(time, "gpuinfra guard off --for 8h") if time else UNTIL_ON
    told = _asked(world, ["off", f"{off_s:.0f}"])
    if not time:
        on = command("guard on", world.files.name)
        world.reporter.say(f"nothing on the host ends it now, used or not; on again: {on}")
    return told


def on(world: World) -> GuardStatus:
    """Switch the guard on: the idle time begins anew."""
    return _asked(world, ["on"])


def _asked(world: World, words: list[str]) -> GuardStatus:
    host = connect(world)
    as_root = ["sudo", "-n"] if words != ["status"] else []
    program = [*as_root, "/usr/bin/python3", "-I", "-B", MAIN, *words]
    done = world.host.run(host, program, timeout_s=TIMEOUT_S)
    try:
        values = checked(json.loads(done.stdout.strip().splitlines()[-1]), SHAPE, "its guard")
    except (ValueError, IndexError, RecursionError):
        raise HostError(f"the guard could not be asked: {done.stderr.strip()[-300:]}") from None
    if error := values.get("error"):
        raise HostError(str(error), hint=_journal(host))
    if not values.get("state"):
        raise HostError("no guard runs on the host", hint=command("guard on", host.stack))
    return GuardStatus(stack=host.stack, values=values)


def _journal(host: Host) -> str:
    return command("ssh -- sudo journalctl -u gpuinfra-guard -n 20", host.stack)


def _seconds(time: str, hint: str) -> float:
    """Return a time such as 90m or 8h in seconds.

    Raises:
        ConfigError: it is none.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([mhd])", time)
    if not match or not 0 < float(match[1]) * UNITS_S[match[2]] <= MOST_S:
        raise ConfigError(
            f"the time is {time!r}; allowed: a number and m, h or d, up to 365d, such as 30m or 2h",
            hint=hint,
        )
    return float(match[1]) * UNITS_S[match[2]]
