"""Terraform's machine-readable stream turned into our words. Pure.

Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

import json
from collections.abc import Callable
from typing import Any

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.model import Change, Diagnostic, Outcome, Progress

ACTIONS = {"create", "update", "replace", "delete"}
# A note in the state, nothing at AWS: not for the eyes of a person who reads a plan.
NOTE = "terraform_data"
# A warning of how we call it (runner.plan_import), of which a user can do nothing.
OUR_CALL = "Deprecated flag: -state"


class Events:
    """Collects one run's events; every line of the stream goes to `take`."""

    def __init__(self, on_progress: Callable[[Progress], None]) -> None:
        self._on_progress = on_progress
        self._changes: list[Change] = []
        self._diagnostics: list[Diagnostic] = []
        self._counts = {"add": 0, "change": 0, "remove": 0}
        self._outputs_changed = False
        self._raw: list[str] = []
        self._unsaved_state = ""

    def take(self, line: str) -> None:
        """Take one line; what is not an event is kept as it is (a panic, say)."""
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if isinstance(event, dict) and isinstance(event.get("state"), dict):
            self._unsaved_state = json.dumps(event["state"])  # "Emergency state dump", the only copy
        elif isinstance(event, dict) and "type" in event:
            self._dispatch(event)
        else:
            self._raw.append(line)

    def outcome(
        self, *, ok: bool, interrupted: bool = False, credentials_ended: GpuInfraError | None = None
    ) -> Outcome:
        """Return all that was collected."""
        return Outcome(
            ok=ok,
            interrupted=interrupted,
            added=self._counts["add"],
            changed=self._counts["change"],
            destroyed=self._counts["remove"],
            diagnostics=tuple(self._diagnostics),
            changes=tuple(self._changes),
            outputs_changed=self._outputs_changed,
            raw_tail="\n".join(self._raw),
            unsaved_state=self._unsaved_state,
            credentials_ended=credentials_ended,
        )

    def _dispatch(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if kind == "planned_change":
            self._planned(event["change"])
        elif kind == "diagnostic" and event["diagnostic"]["summary"] != OUR_CALL:
            self._diagnostics.append(_diagnostic(event["diagnostic"]))
        elif kind == "change_summary":
            self._summary(event["changes"])
        elif kind == "outputs":
            self._outputs(event["outputs"])
        elif "hook" in event and "resource" in event["hook"]:
            self._hook(kind, event["hook"])

    def _planned(self, change: dict[str, Any]) -> None:
        if change["action"] in ACTIONS and change["resource"].get("resource_type") != NOTE:
            self._changes.append(Change(address=change["resource"]["addr"], action=change["action"]))

    def _summary(self, changes: dict[str, Any]) -> None:
        if changes["operation"] == "plan":
            self._on_progress(Progress(phase="plan", address=""))
        else:
            self._counts = {k: changes[k] for k in self._counts}

    def _outputs(self, outputs: dict[str, Any]) -> None:
        actions = (o.get("action", "noop") for o in outputs.values())
        self._outputs_changed = self._outputs_changed or any(a != "noop" for a in actions)

    def _hook(self, kind: str, hook: dict[str, Any]) -> None:
        phase = {
            "apply_start": "start",
            "apply_progress": "busy",
            "apply_complete": "done",
            "apply_errored": "failed",
        }
        if kind in phase and hook.get("action") != "read" and hook["resource"].get("resource_type") != NOTE:
            self._on_progress(
                Progress(
                    phase=phase[kind],
                    address=hook["resource"]["addr"],
                    action=hook.get("action", ""),
                    resource_id=hook.get("id_value", ""),
                )
            )


def _diagnostic(raw: dict[str, Any]) -> Diagnostic:
    place = raw.get("range") or {}
    where = f"{place['filename']}:{place['start']['line']}" if place.get("filename") else ""
    return Diagnostic(
        severity=raw["severity"],
        summary=raw["summary"],
        detail=raw.get("detail", ""),
        address=raw.get("address", ""),
        where=where,
    )
