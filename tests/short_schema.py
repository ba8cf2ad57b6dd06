"""Stand between Terraform and a running AWS provider; its schema is cut down to what our modules name.

The schema of all 1,500 types is most of what a plan costs: 2 of 3.7 s of CPU (measured). Every other call is
handed on, byte for byte. A type that no *.tf names is unknown to Terraform then: it says so and fails.
Source: https://github.com/hashicorp/terraform/blob/v1.11.0/docs/plugin-protocol/tfplugin5.8.proto
"""

import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import grpc

MODULES = Path(__file__).resolve().parents[1] / "terraform"
GET_SCHEMA = "/tfplugin5.Provider/GetSchema"
TYPES = (2, 3)  # numbers of the fields resource_schemas and data_source_schemas
LENGTH_DELIMITED = 2
Call = Callable[[bytes], bytes]
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
# What only earlier trees named: their states hold it still.
EARLIER = {"aws_iam_role_policy_attachment"}
NAMED = re.compile(r'^\s*(?:resource|data) "(aws_\w+)"', re.M)


def named(directory: Path) -> set[str]:
    """Return the types of resources and data sources that the *.tf below a directory name."""
    return {name for path in directory.rglob("*.tf") for name in NAMED.findall(path.read_text("utf-8"))}


def shortened(schema: bytes, types: Set[str]) -> bytes:
    """Return a GetProviderSchema.Response with the schema of these types only."""
    kept = []
    for number, value, whole in fields(schema):
        if number not in TYPES or _key(value) in types:
            kept.append(whole)
    return b"".join(kept)


def fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield number, value and whole of each field; all are length-delimited (strings and messages).

    Source: https://protobuf.dev/programming-guides/encoding/
    """
    at = 0
    while at < len(message):
        start = at
        tag, at = _varint(message, at)
        if tag & 7 != LENGTH_DELIMITED:
            raise ValueError(f"a field of wire type {tag & 7}")
        length, at = _varint(message, at)
        yield tag >> 3, message[at : at + length], message[start : at + length]
        at += length


def _key(entry: bytes) -> str:
    """Return the key of an entry of a map."""
    return next(value for number, value, _ in fields(entry) if number == 1).decode()


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
        if byte < 128:
            return value, at


class HandOn(grpc.GenericRpcHandler):
    """Hands every call on to the provider; its schema is asked for once and shortened."""

    def __init__(self, provider: grpc.Channel, types: Set[str]) -> None:
        self.provider = provider
        self.types = types
        self.schema = b""
        self.asking = threading.Lock()

    def service(self, handler_call_details: Any) -> Any:
        """Return what answers a call; the plugin's own services (a log, a broker) are not needed."""
        method: str = handler_call_details.method
        if not method.startswith("/tfplugin5."):
            return None
        answer = self._schema if method == GET_SCHEMA else self._ask(method)
        return grpc.unary_unary_rpc_method_handler(_with_errors(answer))

    def _ask(self, method: str) -> Call:
        ask: Any = self.provider.unary_unary(method)
        return cast(Call, ask)

    def _schema(self, request: bytes) -> bytes:
        with self.asking:
            if not self.schema:
                self.schema = shortened(self._ask(GET_SCHEMA)(request), self.types)
            return self.schema


def _with_errors(answer: Call) -> Callable[[bytes, Any], bytes]:
    """Hand a refusal on as it came."""

    def call(request: bytes, context: Any) -> bytes:
        try:
            return answer(request)
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())
            raise

    return call


def main(provider: str, ours: str) -> None:
    """Serve at the Unix socket `ours`, for a provider at another, until somebody ends this process."""
    channel = grpc.insecure_channel(f"unix:{provider}", options=UNLIMITED)
    server = grpc.server(
        ThreadPoolExecutor(32), handlers=[HandOn(channel, named(MODULES) | EARLIER)], options=UNLIMITED
    )
    server.add_insecure_port(f"unix:{ours}")
    server.start()
    sys.stdout.write(f"serving: {os.getpid()}\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    main(*sys.argv[1:])
