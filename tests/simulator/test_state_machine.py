"""The interpreter of state machines, as far as ours need it: what it knows, and that it ends."""

import json
from typing import Any

import pytest

from gpuinfra.simulator.api.state_machine import MachineFailed, StateMachineRun, read_path


def run(states: dict[str, Any], *, now: float = 0.0, call: Any = None, **more: Any) -> StateMachineRun:
    """Return an execution that begins at the state A at 0 s and has gone as far as it goes."""
    text = json.dumps({"StartAt": "A", "States": states, **more})
    made = StateMachineRun(text, given='{"a": 1}', arn="arn:x", began=0.0)
    made.step(call or (lambda *_: {}), now)
    return made


TASK = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:ec2:startInstances"}


def test_a_call_gets_what_its_paths_name() -> None:
    """Of the data, and of the context."""
    asked: list[Any] = []
    given = {"Ids.$": "$.a", "Arn.$": "$$.StateMachine.Id", "Plain": ["x"]}
    made = run({"A": {**TASK, "Parameters": given, "End": True}}, call=lambda *it: asked.append(it))
    assert asked == [("ec2", "startInstances", {"Ids": 1, "Arn": "arn:x", "Plain": ["x"]})]
    assert made.status == "SUCCEEDED"


def test_a_wait_holds_until_its_time() -> None:
    """Not a second less."""
    made = run({"A": {"Type": "Wait", "Seconds": 60, "Next": "B"}, "B": {"Type": "Succeed"}})
    made.step(lambda *_: {}, 59.0)
    assert made.status == "RUNNING"
    made.step(lambda *_: {}, 60.0)
    assert made.status == "SUCCEEDED"


def refuses(*_: Any) -> Any:
    """Stand for a service that refuses."""
    raise RuntimeError("no")


def test_a_refusal_is_caught_or_ends_it() -> None:
    """By what the state says."""
    caught = {**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}], "End": True}
    assert run({"A": caught, "B": {"Type": "Succeed"}}, call=refuses).status == "SUCCEEDED"
    assert run({"A": {**TASK, "End": True}}, call=refuses).status == "FAILED"


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Map", "End": True},
        {"Type": "Task", "Resource": "arn:aws:lambda:x", "End": True},
        {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "A"}]},
        {"Type": "Choice", "Choices": [{"Variable": "$.b", "StringEquals": "x", "Next": "A"}]},
        {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "A"}]},
    ],
    ids=["unknown type", "another service", "unknown rule", "nothing there", "round and round"],
)
def test_what_it_cannot_carry_out_fails(state: dict[str, Any]) -> None:
    """It does not do something else in silence, and no loop without a wait keeps the simulator busy."""
    assert run({"A": state}).status == "FAILED"


def test_it_ends_after_its_time() -> None:
    """As its TimeoutSeconds say."""
    made = run({"A": {"Type": "Wait", "Seconds": 60, "Next": "A"}}, TimeoutSeconds=100)
    made.step(lambda *_: {}, 90.0)
    made.step(lambda *_: {}, 160.0)
    assert made.status == "TIMED_OUT"


def test_paths() -> None:
    """Of a list what is there; of one thing what must be there."""
    data = {"a": [{"b": 1}, {}, {"b": 3}]}
    assert read_path("$.a[*].b", data) == [1, 3]
    assert read_path("$.a[2].b", data) == 3
    assert read_path("$", data) is data
    for path in ("$.c", "$.a[7]", "$.a[1].b"):
        with pytest.raises(MachineFailed):
            read_path(path, data)
