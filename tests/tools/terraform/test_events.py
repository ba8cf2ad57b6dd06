"""Terraform's stream: lines recorded from Terraform 1.11.4, and lines that are no events."""

import json
from typing import Any

import pytest

from gpuinfra.ground.model import Change, Diagnostic, Outcome, Progress
from gpuinfra.tools.terraform.events import Events

HOST = "module.host.module.instance.aws_instance.this"
MODULE = "module.host.module.instance"
RESOURCE = {"addr": HOST, "module": MODULE, "resource_type": "aws_instance", "resource_key": None}
STATE = {"version": 4, "serial": 14, "lineage": "6a35", "resources": []}


def line(kind: str, **more: Any) -> str:
    """Return one line of the stream."""
    return json.dumps({"@level": "info", "@module": "terraform.ui", "type": kind, **more})


def hook(kind: str, **more: Any) -> str:
    """Return one line about a resource that is worked on."""
    return line(kind, hook={"resource": RESOURCE, "action": "create", **more})


APPLY = [
    line("version", terraform="1.11.4", ui="1.2"),
    line("apply_start", hook={"resource": {"addr": "data.aws_ami.x"}, "action": "read"}),
    line("planned_change", change={"resource": RESOURCE, "action": "create"}),
    line("change_summary", changes={"add": 1, "change": 0, "remove": 0, "operation": "plan"}),
    line("outputs", outputs={"public_ip": {"sensitive": False, "action": "create"}}),
    hook("apply_start"),
    hook("apply_progress", elapsed_seconds=10),
    hook("apply_complete", id_key="id", id_value="i-0123", elapsed_seconds=12),
    line("change_summary", changes={"add": 1, "change": 0, "remove": 0, "operation": "apply"}),
    line("outputs", outputs={"public_ip": {"sensitive": False, "value": "52.1.2.3", "type": "string"}}),
]


def taken(*lines: str, ok: bool = True) -> tuple[Outcome, list[Progress]]:
    """Take lines; return the outcome and all steps that were told."""
    steps: list[Progress] = []
    events = Events(steps.append)
    for text in lines:
        events.take(text)
    return events.outcome(ok=ok), steps


def test_a_note_in_the_state_is_not_told() -> None:
    """What Terraform only writes down (terraform_data) is neither a change nor a step for a person."""
    note = {"addr": "terraform_data.region", "resource_type": "terraform_data"}
    outcome, steps = taken(
        line("planned_change", change={"resource": note, "action": "create"}),
        line("apply_start", hook={"resource": note, "action": "create"}),
        line("apply_complete", hook={"resource": note, "action": "create", "id_value": "1"}),
    )
    assert (outcome.changes, steps) == ((), [])


def test_moves_are_no_changes() -> None:
    """A plan that gives objects other addresses, or forgets some, changes nothing."""
    moved = {"resource": RESOURCE, "previous_resource": RESOURCE, "action": "move"}
    outcome, _ = taken(
        line("planned_change", change=moved),
        line("planned_change", change={"resource": RESOURCE, "action": "remove"}),
    )
    assert outcome.changes == ()


def test_an_apply() -> None:
    """Counts, changes and steps come out; what is only read does not."""
    outcome, steps = taken(*APPLY)
    assert (outcome.added, outcome.changed, outcome.destroyed) == (1, 0, 0)
    assert outcome.changes == (Change(address=HOST, action="create"),)
    assert outcome.outputs_changed
    assert [(s.phase, s.resource_id) for s in steps] == [
        ("plan", ""),
        ("start", ""),
        ("busy", ""),
        ("done", "i-0123"),
    ]


def test_a_failed_step() -> None:
    """What failed is told; the diagnostic keeps Terraform's place."""
    place = {"filename": "main.tf", "start": {"line": 7, "column": 1}}
    raw = {"severity": "error", "summary": "no", "detail": "d", "address": HOST, "range": place}
    outcome, steps = taken(
        hook("apply_errored", elapsed_seconds=2), line("diagnostic", diagnostic=raw), ok=False
    )
    assert steps[0].phase == "failed"
    wanted = Diagnostic(severity="error", summary="no", detail="d", address=HOST, where="main.tf:7")
    assert outcome.errors == (wanted,)


def test_a_warning_is_no_error() -> None:
    """Warnings stay diagnostics."""
    outcome, _ = taken(line("diagnostic", diagnostic={"severity": "warning", "summary": "deprecated"}))
    assert (len(outcome.diagnostics), outcome.errors) == (1, ())


def test_a_warning_of_how_we_call_terraform_is_not_told() -> None:
    """There is nothing that a user could do about it; Terraform's words, as it said them."""
    told = {"severity": "warning", "summary": "Deprecated flag: -state", "detail": "Use `path` attribute ..."}
    outcome, _ = taken(line("diagnostic", diagnostic=told))
    assert outcome.diagnostics == ()


@pytest.mark.parametrize(
    "text", ["panic: runtime error", "}", '"a string"', "[1]", "{}", '{"x": 1}', "", "7"]
)
def test_what_is_no_event_is_kept(text: str) -> None:
    """A crash of Terraform reaches the user as it was said."""
    outcome, steps = taken(text)
    assert (outcome.raw_tail, steps) == (text, [])


@pytest.mark.parametrize("more", [{}, {"type": "log"}])
def test_an_unsaved_state_is_kept(more: dict[str, str]) -> None:
    """The emergency dump is the only record of a running host, whatever type Terraform gives it."""
    dump = json.dumps({"@level": "info", "@message": "Emergency state dump", "state": STATE, **more})
    outcome, _ = taken("noise {", dump, "} noise", ok=False)
    assert json.loads(outcome.unsaved_state) == STATE


@pytest.mark.parametrize("kind", ["resource_drift", "refresh_start", "log", "test_run", "a kind of tomorrow"])
def test_other_events_are_passed_over(kind: str) -> None:
    """A newer Terraform may say more."""
    assert taken(line(kind, hook={"resource": RESOURCE}, changes={}, change={}))[1] == []


def test_outputs_that_stay_are_no_change() -> None:
    """A plan that changes no output says noop for each, or nothing."""
    assert not taken(line("outputs", outputs={"a": {"action": "noop"}, "b": {"value": 1}}))[0].outputs_changed
