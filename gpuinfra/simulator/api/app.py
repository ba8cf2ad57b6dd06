"""The WSGI application: control calls, faults, the call log, and moto for all the rest."""

import dataclasses
import io
import logging
import socket
import struct
import time
from collections.abc import Callable, Iterable
from http.client import responses
from typing import Any

from gpuinfra.simulator.api.aws_protocol import NO_CAPACITY, ApiAnswer, AwsRequest, error_answer, read_request
from gpuinfra.simulator.api.call_log import UNANSWERED, Call
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.api.given import INVOCATION
from gpuinfra.simulator.api.state import API, SCHEDULER, SimulatorState

NOT_IMPLEMENTED = "NotImplementedBySimulator"
# moto's answer is looked at: from this status on it is moto's own failure, which SDKs would retry for minutes
_REFUSED, _SERVER_ERROR = 400, 500
# AWS is not quicker either. A Go client that is answered before it knows that its request is written may
# close the connection, and ask again: https://github.com/aws/aws-sdk-go-v2/issues/2737
SOONEST_S = 0.01
_LINGER_OFF = struct.pack("ii", 1, 0)  # close() resets the connection instead of ending it in good order

Environ = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], Any]
Control = Callable[[Environ, bytes], ApiAnswer]
Backend = Callable[[Environ], ApiAnswer]

_log = logging.getLogger(__name__)


class SimulatorApp:
    """One endpoint for all services; `backend` carries a call out, `control` answers paths below /_sim/.

    owner: tells the account that an access key belongs to. gate: refuses what a caller may not do.
    """

    def __init__(
        self,
        *,
        state: SimulatorState,
        backend: Backend,
        control: Control,
        owner: Callable[[str], str],
        gate: Callable[[AwsRequest], ApiAnswer | None] = lambda _: None,
        hold: Callable[[Fault], None] | None = None,
    ) -> None:
        self._state = state
        self._backend = backend
        self._control = control
        self._owner = owner
        self._gate = gate
        self._hold = hold or state.faults.hold

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer one HTTP request."""
        body, began = _take_body(environ), time.monotonic()
        if environ["PATH_INFO"].startswith("/_sim"):
            answer = self._control(environ, body)
        else:
            answer = self._aws(environ, body)
            time.sleep(max(0.0, began + SOONEST_S - time.monotonic()))
        length = ("Content-Length", str(len(answer.body)))
        kept = [header for header in answer.headers if header[0].lower() != "content-length"]
        start(f"{answer.status} {responses.get(answer.status, 'Unknown')}", [*kept, length])
        return [answer.body]

    def _aws(self, environ: Environ, body: bytes) -> ApiAnswer:
        invocation = environ.get(INVOCATION, "")
        if given := self._state.given.get(invocation):
            _log.warning("an answer was lost and is given again")
            return given
        request = request_of(environ, body)
        call = _call_of(request, self._state.now(), self._owner(request.access_key))
        number = self._state.calls.begin(call)
        fault = self._state.faults.hit(
            request.service, request.action, request.text, is_dry_run=call.is_dry_run
        )
        label = fault.label if fault else ""
        carried_out = self._carry_out(request, environ) if fault and fault.after else None
        # from now on the fault has hold of it
        self._state.calls.finish(number, status=UNANSWERED, fault=label)
        answer = self._state.account.refusal(request) or self._apply_fault(fault, request, environ)
        answer = answer or carried_out or self._carry_out(request, environ)
        self._state.calls.finish(number, status=answer.status, fault=label)
        if (
            invocation and fault is None and answer.status < _SERVER_ERROR
        ):  # a client may ask again after those
            self._state.given.keep(invocation, answer)
        _log.info("%s %s:%s %d %s", request.region, request.service, request.action, answer.status, label)
        return answer

    def _apply_fault(self, fault: Fault | None, request: AwsRequest, environ: Environ) -> ApiAnswer | None:
        if fault is None:
            return None
        self._hold(fault)
        if fault.drop:
            _drop(environ)
        if fault.code:
            return error_answer(request, status=fault.status, code=fault.code, message=fault.message)
        return None

    def _carry_out(self, request: AwsRequest, environ: Environ) -> ApiAnswer:
        try:
            with self._state.moto_lock:
                self._state.acting = SCHEDULER if request.access_key == SCHEDULER else API
                answer = self._gate(request) or self._backend(environ)
        except Exception as error:
            _log.exception("%s:%s", request.service, request.action)
            return _unknown(request, f"{type(error).__name__}: {error}")
        if answer.status >= _SERVER_ERROR:
            return _unknown(request, f"moto answered {answer.status}")
        return _with_status_of_aws(answer)


def _with_status_of_aws(answer: ApiAnswer) -> ApiAnswer:
    """Return an answer with AWS's own status; moto knows but one for all errors of EC2."""
    lacks = answer.status == _REFUSED and f"<Code>{NO_CAPACITY}</Code>".encode() in answer.body
    return dataclasses.replace(answer, status=_SERVER_ERROR) if lacks else answer


def _unknown(request: AwsRequest, why: str) -> ApiAnswer:
    message = f"The simulator cannot carry out {request.service}:{request.action} ({why})."
    return error_answer(request, status=400, code=NOT_IMPLEMENTED, message=message)


def _drop(environ: Environ) -> None:
    connection: socket.socket = environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
    connection.shutdown(socket.SHUT_RDWR)  # else the handler would wait for a next request on it
    raise ConnectionResetError("dropped by a fault")


def _take_body(environ: Environ) -> bytes:
    """Read the body, and put it back for moto with its length.

    A client that dies between headers and body has asked for nothing: AWS would not even know its signature.
    """
    stream = environ["wsgi.input"]
    chunked = environ.pop("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = stream.read() if chunked else stream.read(length) if length else b""
    if len(body) < length:
        raise ConnectionResetError(f"{len(body)} of {length} bytes came")
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    return body


def request_of(environ: Environ, body: bytes) -> AwsRequest:
    """Return what an HTTP request asks AWS for."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }
    return read_request(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=body,
    )


def _call_of(request: AwsRequest, now: float, account: str) -> Call:
    return Call(
        time=now,
        service=request.service,
        region=request.region,
        action=request.action,
        params=request.params,
        access_key=request.access_key,
        account=account,
    )
