"""Answers that were given, for a client that did not hear one and asks again.

On a busy machine a Go client may close a connection before it has read the answer (see SOONEST_S in app.py),
and repeat the call: a name "already exists" then. Only faults shall do that here.
Source of the header: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

import threading

from gpuinfra.simulator.api.aws_protocol import ApiAnswer

INVOCATION = "HTTP_AMZ_SDK_INVOCATION_ID"  # one for all tries of a call
KEPT = 200


class GivenAnswers:
    """The last answers by the id of their call; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[str, ApiAnswer] = {}

    def get(self, invocation: str) -> ApiAnswer | None:
        """Return what a call was answered before."""
        with self._lock:
            return self._answers.get(invocation)

    def keep(self, invocation: str, answer: ApiAnswer) -> None:
        """Keep an answer; the oldest goes."""
        with self._lock:
            self._answers[invocation] = answer
            if len(self._answers) > KEPT:
                del self._answers[next(iter(self._answers))]
