"""AWS requests and errors on the wire: which action is asked for, and errors as its service forms them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4
from xml.sax.saxutils import escape

NO_CAPACITY = "InsufficientInstanceCapacity"  # EC2 answers it with status 500
_SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")


@dataclass(frozen=True, kw_only=True)
class AwsRequest:
    """What a request asks for; params are flat, with the names of the wire."""

    service: str
    region: str
    action: str
    params: Mapping[str, str]
    raw: str
    is_query: bool
    access_key: str = ""

    @property
    def text(self) -> str:
        """All that a fault's `body` may match: the raw request, then one decoded `name=value` a line."""
        return "\n".join([self.raw, *(f"{name}={value}" for name, value in self.params.items())])


@dataclass(frozen=True, kw_only=True)
class ApiAnswer:
    """An HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def flatten(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Flatten decoded JSON to the dotted names that EC2 uses; lists count from 1."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value, start=1)
    else:
        yield prefix, json.dumps(value) if isinstance(value, bool) or value is None else str(value)
    for key, item in items:
        yield from flatten(item, f"{prefix}.{key}" if prefix else str(key))


def _json_params(raw: str) -> dict[str, str]:
    try:
        decoded = json.loads(raw or "{}")
    except ValueError:
        return {}
    return dict(flatten(decoded)) if isinstance(decoded, dict) else {}


def read_request(
    *, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> AwsRequest:
    """Understand a request; header names are lower case."""
    scope = _SCOPE.search(headers.get("authorization", ""))
    raw = body.decode("utf-8", "replace")
    params = dict(parse_qsl(query, keep_blank_values=True))
    is_query = "x-www-form-urlencoded" in headers.get("content-type", "")
    params |= dict(parse_qsl(raw, keep_blank_values=True)) if is_query else _json_params(raw)
    target = headers.get("x-amz-target", "").rpartition(".")[2]
    return AwsRequest(
        service=scope["service"] if scope else "",
        region=scope["region"] if scope else "",
        action=target or params.pop("Action", "") or f"{method} {path}",
        params=params,
        raw=raw,
        is_query=is_query,
        access_key=scope["key"] if scope else "",
    )


def error_answer(request: AwsRequest, *, status: int, code: str, message: str) -> ApiAnswer:
    """Make an error that the service's SDKs decode to this code and message."""
    request_id = str(uuid4())
    content_type, body = _error_body(request, code, message, request_id)
    headers = (
        ("Content-Type", content_type),
        ("x-amzn-RequestId", request_id),
        ("x-amzn-ErrorType", code),
    )
    return ApiAnswer(status=status, headers=headers, body=body.encode())


def _error_body(request: AwsRequest, code: str, message: str, request_id: str) -> tuple[str, str]:
    inner = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    tail = f"<RequestId>{request_id}</RequestId>"
    if request.service == "ec2":
        tail = f"<RequestID>{request_id}</RequestID>"
        xml = f"<Response><Errors><Error>{inner}</Error></Errors>{tail}</Response>"
    elif request.is_query:
        xml = f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error>{tail}</ErrorResponse>"
    elif request.service == "s3":
        xml = f"<Error>{inner}{tail}</Error>"
    else:
        return "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message})
    return "text/xml", f'<?xml version="1.0" encoding="UTF-8"?>{xml}'
