"""What happens in which order in one call, with a fake backend and no server."""

import io
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from gpuinfra.simulator.api.app import NOT_IMPLEMENTED, SimulatorApp
from gpuinfra.simulator.api.aws_protocol import ApiAnswer
from gpuinfra.simulator.api.call_log import Call
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.api.given import INVOCATION
from gpuinfra.simulator.api.seed import Seed
from gpuinfra.simulator.api.state import SimulatorState

EMPTY = Seed(images=(), parameters={}, managed_policies=(), quotas={}, container_accounts={}, containers={})
OK = ApiAnswer(status=200, headers=(), body=b"done")


@dataclass(kw_only=True)
class Stage:
    """An app over a backend that notes what happens to it."""

    answer: ApiAnswer | Exception = OK
    happened: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    state: SimulatorState = field(default_factory=lambda: SimulatorState(seed=EMPTY))
    client: socket.socket | None = None

    def backend(self, environ: dict[str, Any]) -> ApiAnswer:
        """Record the call."""
        self.happened.append("carried out")
        self.labels.append(self.state.calls.all()[-1].fault)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def hold(self, fault: Fault) -> None:
        """Note a wait in place of waiting."""
        if fault.delay_s:
            self.happened.append(f"waited {fault.delay_s:g}")
            assert self.logged().fault == fault.label, "who waits for a fault may act now"

    def call(self, invocation: str = "") -> tuple[str, bytes]:
        """Make one RunInstances call, a try of this invocation; returns status line and body."""
        app = SimulatorApp(
            state=self.state,
            backend=self.backend,
            control=lambda environ, body: OK,
            owner={"x": "111122223333"}.__getitem__,
            hold=self.hold,
        )
        body = b"Action=RunInstances"
        status: list[str] = []
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            INVOCATION: invocation,
            "HTTP_AUTHORIZATION": "Credential=x/20261123/us-east-1/ec2/aws4_request",
            "wsgi.input": io.BytesIO(body),
            "werkzeug.socket": self.client,
        }
        chunks = app(environ, lambda line, headers: status.append(line))
        return status[0], b"".join(chunks)

    def logged(self) -> Call:
        """Return the only call in the log."""
        (call,) = self.state.calls.all("RunInstances")
        return call


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection."""
    ends = socket.socketpair()
    yield ends
    for end in ends:
        end.close()


def test_a_call_without_fault_is_carried_out_and_logged() -> None:
    """The answer is the backend's, and the log has its status."""
    stage = Stage()
    assert stage.call() == ("200 OK", b"done")
    assert (stage.logged().status, stage.logged().fault) == (200, "")
    assert (stage.logged().access_key, stage.logged().account) == ("x", "111122223333")


def test_a_fault_comes_before_the_action() -> None:
    """An injected error means that nothing was done."""
    stage = Stage()
    stage.state.faults.add([Fault(match="RunInstances", status=503, code="RequestLimitExceeded", delay_s=2)])
    status, body = stage.call()
    assert status == "503 Service Unavailable"
    assert b"RequestLimitExceeded" in body
    assert stage.happened == ["waited 2"]
    assert stage.logged().fault == "RequestLimitExceeded"


def test_a_fault_after_the_action_loses_its_answer() -> None:
    """With `after` the action is done, then the client hears something else."""
    stage = Stage()
    stage.state.faults.add([Fault(match="RunInstances", code="InternalError", delay_s=2, after=True)])
    assert b"InternalError" in stage.call()[1]
    assert stage.happened == ["carried out", "waited 2"]
    assert stage.labels == [""], "the log names the fault only when the action is done"


def test_an_sdk_that_did_not_hear_an_answer_hears_it_again() -> None:
    """A call is carried out once for all its tries, unless a fault has lost an answer on purpose."""
    stage = Stage()
    assert stage.call("one") == stage.call("one") == ("200 OK", b"done")
    assert stage.happened == ["carried out"]
    assert stage.logged().status == 200
    stage.state.faults.add([Fault(match="RunInstances", code="InternalError", after=True)])
    stage.call("two")
    assert stage.call("two") == ("200 OK", b"done")
    assert stage.happened == ["carried out"] * 3


def test_a_delay_alone_lets_the_call_through() -> None:
    """A fault without code and drop only takes time."""
    stage = Stage()
    stage.state.faults.add([Fault(match="RunInstances", delay_s=3)])
    assert stage.call() == ("200 OK", b"done")
    assert stage.happened == ["waited 3", "carried out"]
    assert (stage.logged().status, stage.logged().fault) == (200, "delay")


def test_a_drop_ends_the_connection_and_stays_unanswered(pair: tuple[socket.socket, socket.socket]) -> None:
    """A dropped call has status 0 in the log for ever."""
    stage = Stage(client=pair[0])
    stage.state.faults.add([Fault(match="RunInstances", drop=True)])
    with pytest.raises(ConnectionResetError):
        stage.call()
    assert stage.happened == []
    assert (stage.logged().status, stage.logged().fault) == (0, "drop")


@pytest.mark.parametrize(
    "answer", [NotImplementedError("no such action"), ApiAnswer(status=500, headers=(), body=b"")]
)
def test_what_moto_cannot_do_is_a_400_at_once(answer: ApiAnswer | Exception) -> None:
    """A 5xx would make SDKs retry for minutes."""
    stage = Stage(answer=answer)
    status, body = stage.call()
    assert status == "400 Bad Request"
    assert NOT_IMPLEMENTED.encode() in body
    assert b"ec2:RunInstances" in body
    assert json.dumps(stage.logged().to_json())
