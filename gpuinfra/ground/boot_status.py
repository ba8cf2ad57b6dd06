"""What a host says of its own bootstrap, as values. Pure: the text of one look at the host in, a Boot out.

The status file is written by cloud-init/scripts/lib.sh (schema 1), atomically at every step.
"""

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from gpuinfra.ground.reply import fits

UNIT = "gpuinfra-bootstrap.service"
STATUS_FILE = "/var/lib/gpuinfra/status.json"
LOG_FILE = "/var/log/gpuinfra/bootstrap.log"
GPU_FILE = "/run/gpuinfra/gpu"  # host/gpu_state.py writes it
APPLY_UNIT = "gpuinfra-env-apply.service"  # of host/env_apply.py
APPLY_STATUS_FILE = "/var/lib/gpuinfra/apply/state/status.json"
SWITCHING_FILE = "/var/lib/gpuinfra/apply/proven"  # while it is there, the files are of two environments
# One look, four answers, one line each; `sh` on the host runs it.
_LOOK = (
    "cat {file} 2>/dev/null || echo; cat /proc/sys/kernel/random/boot_id;"
    " systemctl show --property=SubState --value {unit}; date -u +%Y-%m-%dT%H:%M:%SZ;"
)
# ... then lines with a name
READ_STATUS = _LOOK.format(file=STATUS_FILE, unit=UNIT) + (
    f" echo begun $(systemctl show --property=ExecMainStartTimestampMonotonic --value {UNIT});"
    f" cd /etc/gpuinfra && [ ! -e {SWITCHING_FILE} ] && sha256sum environment.yml requirements.txt startup"
    " on_stop /var/lib/gpuinfra/env/lock.txt 2>/dev/null | sed 's/^/made-of /';"
    f" sed 's/^/gpu /' {GPU_FILE} 2>/dev/null || true"
)
READ_APPLY = _LOOK.format(file=APPLY_STATUS_FILE, unit=APPLY_UNIT) + (
    f" echo unit $(systemctl show --property=SubState --value {APPLY_UNIT})"
)
# The files as they are called on the host, and here.
CALLED = {
    "environment.yml": "environment.yml",
    "requirements.txt": "requirements.txt",
    "startup": "startup.sh",
    "on_stop": "on_stop",
    "lock.txt": "environment.lock",
}
SCHEMA = 1
# Of the status file: what is counted with; all else is shown as text.
SHAPE = {
    "state": str,
    "steps": ([str], None),
    "steps_ms": ({str: (float, None)}, None),
    "attempt": (int, None),
    "rc": (int, None),
    "gpus": (int, None),
}
GPU_CODE = 70  # of the bootstrap's step gpu, when the host has not the GPUs of its type
GPU_FIT = "gpu ok"
NOT_YET = "0"  # when a unit of systemd began that has not, in this boot
AT_WORK = "start"  # what systemd calls a oneshot unit whose program runs


@dataclass(frozen=True, kw_only=True)
class BootStep:
    """One step of the bootstrap; `seconds` is None until it has ended."""

    name: str
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Boot:
    """How far a host is; state: waiting (not begun), running, interrupted, failed or done.

    `awaits` is the sha256 of the environment.lock that the bootstrap waits for, else empty; `made_of` has
    those of the files that the host was given, by their names here; it is empty where that is not known.
    `cuda` is the newest that the driver serves, as nvidia-smi says.
    """

    state: str
    steps: tuple[BootStep, ...] = ()
    step: str = ""
    since: str = ""
    message: str = ""
    attempt: int = 1
    rc: int | None = None
    permanent: bool = False
    error: str = ""
    environment: str = ""
    prefix: str = ""
    gpu: str = ""
    cuda: str = ""
    awaits: str = ""
    made_of: dict[str, str] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will happen without somebody's help."""
        return self.state == "done" or (self.state == "failed" and self.permanent)


def parse(look: str, *, gpus: int = 0) -> Boot:
    """Return the boot as one look found it; what cannot be read counts as not begun.

    gpus: how many the instance type has. A host that is done and has fewer, or lost one since, has failed.

    A status that says "running" is a lie after a power cut or a kill -9: then the boot id differs,
    or the unit is not at work (systemd starts it again half a minute after a kill). One that says "done" is
    the proof of an earlier boot, perhaps on another GPU, until the unit has run in this one.
    """
    lines = [line for line in look.splitlines() if line.strip()]
    status = _status(lines)
    if status is None:
        return Boot(state="waiting")
    boot_id, unit = [*lines[1:3], "", ""][:2]
    state, is_old = str(status["state"]), status.get("boot_id") != boot_id
    if state == "done" and (is_old or _named(lines, "begun") == NOT_YET):
        return Boot(state="waiting", message="started anew; it checks itself")
    if state == "running" and (is_old or unit != AT_WORK):
        state = "interrupted"
    times = status.get("steps_ms") or {}
    boot = Boot(
        state=state,
        steps=tuple(BootStep(name=n, seconds=_seconds(times.get(n))) for n in status.get("steps") or ()),
        step=str(status.get("step", "")),
        since=str(status.get("step_started_at", "")),
        message=str(status.get("message", "")),
        attempt=status.get("attempt") or 1,
        rc=status.get("rc"),
        permanent=bool(status.get("permanent")),
        error=str(status.get("error", "")),
        environment=str(status.get("environment", "")),
        prefix=str(status.get("prefix", "")),
        gpu=str(status.get("gpu", "")),
        cuda=_version(status.get("cuda")),
        awaits=str(status.get("awaits", "")) if state == "running" else "",
        made_of=_made_of(lines),
    )
    why = _gpu_problem(lines, status.get("gpus"), gpus)
    if state != "done" or not why:
        return boot
    return replace(boot, state="failed", permanent=True, step="gpu", rc=GPU_CODE, message=why)


def parse_apply(look: str) -> Boot:
    """Return how far `env apply` is, from READ_APPLY: its steps are the bootstrap's.

    It has failed only once it has put everything away. A unit that is not at work and left no failure was cut
    off, or has ended well: then the look at the host itself names the new environment.
    """
    boot = parse(f"{look}\nbegun 1")
    if _named(look.splitlines(), "unit") == AT_WORK:
        return replace(boot, state="waiting" if boot.state == "waiting" else "running")
    return boot if boot.state == "failed" else replace(boot, state="interrupted")


def _made_of(lines: list[str]) -> dict[str, str]:
    """Return the sha256 of each file that sha256sum named."""
    words = [line.split() for line in lines if line.startswith("made-of ")]
    named = [(path.split("/")[-1], digest) for _, digest, path in (it for it in words if len(it) == 3)]
    return {CALLED[name]: digest for name, digest in named if name in CALLED}


def _gpu_problem(lines: list[str], seen: int | None, gpus: int) -> str:
    """Return what is wrong with the GPUs of a host whose boot has ended well."""
    for line in lines:
        if line.startswith("gpu ") and line != GPU_FIT:
            return line.removeprefix("gpu ").partition(" ")[2]
    return f"{seen} of {gpus} GPUs answer" if seen is not None and seen < gpus else ""


def _named(lines: list[str], name: str) -> str:
    """Return the first word of the line with this name."""
    found = [line.split()[1:2] for line in lines if line.startswith(f"{name} ")]
    return "".join(found[0]) if found else ""


def _status(lines: list[str]) -> dict[str, Any] | None:
    try:
        raw = json.loads(lines[0])
    except (ValueError, IndexError, RecursionError):
        return None
    return raw if fits(raw, SHAPE) and raw.get("schema") == SCHEMA else None


def _version(value: object) -> str:
    """Return 13.2 as the driver names it, empty for anything else: a solver is asked with it."""
    return value if isinstance(value, str) and re.fullmatch(r"\d{1,2}\.\d{1,2}", value) else ""


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
