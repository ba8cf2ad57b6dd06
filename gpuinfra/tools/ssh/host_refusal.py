"""What the host refuses, as an error of ours; a next command of its is one that ours names."""

import re
import shlex
from typing import Any

from gpuinfra.ground import locations
from gpuinfra.ground.errors import CloudError, ConfigError, GpuInfraError, HostError
from gpuinfra.ground.reply import checked

REFUSAL = {"refused": str, "hint": (str, None), "exit_code": int}
HINTED = re.compile(r"gpuinfra (ssh|status|sync up|job list|job logs)( |\Z)")
NEWER = "git pull && make setup"
REMARK = re.compile(
    r"checks anew; if it stays so: gpuinfra stop(| --stack [a-z0-9-]+) && gpuinfra start\1",
)
ERRORS: dict[int, type[GpuInfraError]] = {2: ConfigError, 4: CloudError, 5: HostError}


def refusal(reply: dict[str, Any]) -> GpuInfraError:
    """Return the host's refusal as an error of ours."""
    known = checked(reply, REFUSAL, "its refusal")
    return ERRORS.get(known["exit_code"], HostError)(known["refused"], hint=safe_hint(known["hint"] or ""))


def safe_hint(hint: str) -> str:
    """Return a next command of the host's, if it is one of those that ours names; people type what we print.

    Its words are quoted anew, so that it is one command; no other remark than ours goes with it.
    """
    if hint == NEWER:
        return locations.upgrade()
    line, mark, remark = hint.partition("   # ")
    try:
        words = shlex.split(line)
    except ValueError:
        return ""
    again = shlex.join(words)
    if not (HINTED.match(again) and again.isprintable()):
        return ""
    return again + (mark + remark if REMARK.fullmatch(remark) else "")
