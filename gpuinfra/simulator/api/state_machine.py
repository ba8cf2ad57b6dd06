"""One execution of a state machine of Step Functions, as far as ours need it. Pure: calls and time are given.

States: Task of the SDK integrations, Choice, Wait, Succeed; paths of JSONPath with names, indexes and [*].
https://states-language.net/spec.html
"""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

# Carries out one call: a service and an action in camel case, and its parameters.
Call = Callable[[str, str, dict[str, Any]], Any]
RESOURCE = re.compile(r"arn:[\w-]+:states:::aws-sdk:(\w+):(\w+)")
PART = re.compile(r"\.(\w+)|\[(\d+)\]|\[(\*)\]")
MOST_STEPS = 100  # without a wait between them: one that loops is broken


class MachineFailed(Exception):
    """The execution ends as failed: what Step Functions calls a runtime error."""


class StateMachineRun:
    """An execution; `now` is in seconds since 1970 everywhere."""

    def __init__(self, definition: str, *, given: str, arn: str, began: float) -> None:
        self._machine = json.loads(definition)
        self._data: Any = json.loads(given or "{}")
        self._arn, self._began = arn, began
        self._state = self._machine["StartAt"]
        self._wakes_at = began
        self.status = "RUNNING"

    def step(self, call: Call, now: float) -> None:
        """Go on as far as it goes without waiting."""
        for _ in range(MOST_STEPS):
            if self.status != "RUNNING" or now < self._wakes_at:
                return
            if now - self._began > self._machine.get("TimeoutSeconds", float("inf")):
                self.status = "TIMED_OUT"
                return
            try:
                self._one(self._machine["States"][self._state], call, now)
            except MachineFailed:
                self.status = "FAILED"
        if now >= self._wakes_at and self.status == "RUNNING":
            self.status = "FAILED"

    def _one(self, state: dict[str, Any], call: Call, now: float) -> None:
        kind, follows = state["Type"], state.get("Next")
        if kind == "Wait":
            self._wakes_at = now + state["Seconds"]
        elif kind == "Choice":
            chosen = (rule["Next"] for rule in state["Choices"] if self._holds(rule, now))
            follows = next(chosen, state.get("Default"))
        elif kind == "Task":
            follows = self._task(state, call, now)
        elif kind != "Succeed":
            raise MachineFailed(f"the simulator knows no state of type {kind}")
        if follows is None:
            self.status = "SUCCEEDED"
        else:
            self._state = follows

    def _task(self, state: dict[str, Any], call: Call, now: float) -> str | None:
        found = RESOURCE.fullmatch(state["Resource"])
        if found is None:
            raise MachineFailed(state["Resource"])
        try:
            answer = call(found[1], found[2], self._filled(state.get("Parameters", {}), self._data, now))
        except Exception as error:  # whatever the service refuses
            for catcher in state.get("Catch", []):
                if set(catcher["ErrorEquals"]) & {"States.ALL", "States.TaskFailed"}:
                    self._put(
                        catcher.get("ResultPath", "$"), {"Error": type(error).__name__, "Cause": str(error)}
                    )
                    return str(catcher["Next"])
            raise MachineFailed(str(error)) from error
        if "ResultSelector" in state:
            answer = self._filled(state["ResultSelector"], answer, now)
        self._put(state.get("ResultPath", "$"), answer)
        follows: str | None = state.get("Next")
        return follows

    def _put(self, path: str | None, value: Any) -> None:
        if path == "$":
            self._data = value
        elif path is not None:
            self._data = {**self._data, path.removeprefix("$."): value}

    def _filled(self, template: Any, data: Any, now: float) -> Any:
        """Return a template with the values that its paths name."""
        if isinstance(template, list):
            return [self._filled(it, data, now) for it in template]
        if not isinstance(template, dict):
            return template
        return {
            key.removesuffix(".$"): self._at(value, data, now)
            if key.endswith(".$")
            else self._filled(value, data, now)
            for key, value in template.items()
        }

    def _at(self, path: str, data: Any, now: float) -> Any:
        if path.startswith("$$."):
            entered = f"{datetime.fromtimestamp(now).astimezone().isoformat()}"
            context = {"State": {"EnteredTime": entered}, "StateMachine": {"Id": self._arn}}
            return read_path(path.removeprefix("$"), context)
        return read_path(path, data)

    def _holds(self, rule: dict[str, Any], now: float) -> bool:
        if "And" in rule:
            return all(self._holds(it, now) for it in rule["And"])
        if "Or" in rule:
            return any(self._holds(it, now) for it in rule["Or"])
        if "IsPresent" in rule:
            try:
                self._at(rule["Variable"], self._data, now)
            except MachineFailed:
                return not rule["IsPresent"]
            return bool(rule["IsPresent"])
        value = self._at(rule["Variable"], self._data, now)
        if "StringEquals" in rule:
            return bool(value == rule["StringEquals"])
        if "TimestampLessThan" in rule:
            return _time(value) < _time(rule["TimestampLessThan"])
        if "TimestampGreaterThanEquals" in rule:
            return _time(value) >= _time(rule["TimestampGreaterThanEquals"])
        raise MachineFailed(f"the simulator knows no such rule: {sorted(rule)}")


def read_path(path: str, data: Any) -> Any:
    """Return what a path leads to.

    Raises:
        MachineFailed: there is nothing.
    """
    found, rest = [data], path.removeprefix("$")
    is_list = False
    for name, index, every in PART.findall(rest):
        try:
            if every:
                found, is_list = [it for one in found for it in one], True
            else:
                key: Any = name or int(index)
                # what is not there in one of many is left out
                found = [one[key] for one in found if not is_list or name in one]
        except (KeyError, IndexError, TypeError):
            raise MachineFailed(f"nothing is at {path}") from None
    return found if is_list else found[0]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
