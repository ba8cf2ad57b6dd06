"""What the guard says, as people read it. Pure."""

from datetime import datetime
from typing import Any

from gpuinfra.ground import when
from gpuinfra.ground.names import command
from gpuinfra.ground.printable import printable
from gpuinfra.ground.text import duration, shorten, table

FAILING_LIMIT_S = 6 * 3600  # gpuinfra/host/guard/rule.py
SHOWN = 8  # decisions
IDLE = "idle"


def status_text(values: dict[str, Any], *, stack: str, now: datetime) -> str:
    """Return when the host ends and why, what each signal says, and the last decisions."""
    parts = [_end(values, stack) + _spot(values), _limits(values), _signals(values), _decisions(values, now)]
    return "\n\n".join(part for part in parts if part)


def _end(values: dict[str, Any], stack: str) -> str:
    state, on = values["state"], command("guard on", stack)
    if not values["runs"]:
        return f"the guard does not run: nothing on the host ends it. Next: {on}"
    if values.get("older") and values.get("limits") == "off":
        up = command("up", stack)
        return f"the guard only watches: this host was made before there was one. Its limits come by: {up}"
    if state["off_s"]:
        left = "until it is switched on" if state["off_s"] < 0 else f"for {duration(int(state['off_s']))}"
        return f"the guard is off {left}: nothing on the host ends it. On again: {on}"
    if state["left_s"] is None:
        return "the guard has no limit: nothing on the host ends it (guard in terraform.tfvars)"
    left = duration(int(max(0.0, state["left_s"])))
    if state["extended_s"] > 0 and state["left_s"] <= state["extended_s"]:
        # what is left is counted at the guard's next tick; this it has just been told
        return f"the host stays on for {duration(int(state['extended_s']))} at least (extended)"
    if state["why"] != IDLE:
        return f"the host stops in {left}, in use or not: max_hours"
    if holds := [name for name, one in (values.get("seen") or {}).items() if one["busy"]]:
        return (
            f"the host is in use ({', '.join(map(printable, holds))}); unused from now on it stops in {left}"
        )
    if doubts := _in_doubt(values):
        unread = ", ".join(doubts)
        return f"not sure that nobody uses the host: {unread} cannot be read; the idle time stands still"
    return f"nobody uses the host: idle for {duration(int(state['idle_s']))}; it stops in {left}"


def _spot(values: dict[str, Any]) -> str:
    """Return what an end means for a spot host."""
    means = "a spot host cannot be stopped: each end of it is its last, and its disk is deleted with it"
    return f"\n{means}" if values.get("spot") else ""


def _in_doubt(values: dict[str, Any]) -> list[str]:
    """Return the signals that count as use as they cannot be read."""
    failing_s = values["state"].get("failing_s") or {}
    unread = [name for name, one in (values.get("seen") or {}).items() if one["busy"] is None]
    return [printable(name) for name in unread if failing_s.get(name, 0.0) <= FAILING_LIMIT_S]


def _limits(values: dict[str, Any]) -> str:
    lines = [f"limits  {printable(str(values.get('limits') or 'none'))}"]
    if refused := values.get("refused"):
        lines.append(f"refused {printable(refused)}")
    return "\n".join(lines)


def _signals(values: dict[str, Any]) -> str:
    state = values["state"]
    rows: list[tuple[str, ...]] = [("SIGNAL", "BUSY", "NOW", "QUIET FOR")]
    for name, one in (values.get("seen") or {}).items():
        failing_s = (state.get("failing_s") or {}).get(name, 0.0)
        busy = {True: "yes", False: "no"}.get(one["busy"], _failing(failing_s))
        quiet = duration(int((state.get("quiet_s") or {}).get(name, 0.0)))
        rows.append((printable(name), busy, shorten(printable(one["words"])), "-" if one["busy"] else quiet))
    return table(rows) if rows[1:] else ""


def _failing(failing_s: float) -> str:
    """Return what counts for a signal that cannot be read."""
    if failing_s > FAILING_LIMIT_S:
        return "counts no more"
    return f"as if, for {duration(int(FAILING_LIMIT_S - failing_s))} more"


def _decisions(values: dict[str, Any], now: datetime) -> str:
    rows = []
    for one in (values.get("decisions") or [])[-SHOWN:]:
        at = datetime.fromtimestamp(one["at"], now.tzinfo).isoformat() if when.is_time(one["at"]) else "?"
        rows.append(f"{when.local(at, now)}  {printable(one['kind'])}: {printable(one['words'])}")
    return "\n".join(rows)
