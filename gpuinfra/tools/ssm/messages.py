"""Messages of Session Manager's data channel as bytes (big endian), and what is in them. Pure.

The format is that of AWS's own agent and plugin: `ClientMessage` in
https://github.com/aws/session-manager-plugin/blob/mainline/src/message/messageparser.go
"""

import hashlib
import json
import random
import struct
from dataclasses import dataclass
from typing import Any

INPUT, OUTPUT, ACK, CLOSED = "input_stream_data", "output_stream_data", "acknowledge", "channel_closed"
PAUSE, START = "pause_publication", "start_publication"
# Kinds of payload.
DATA, HANDSHAKE_REQUEST, HANDSHAKE_RESPONSE, HANDSHAKE_DONE, FLAG = 1, 5, 6, 7, 10
# What a FLAG says.
TERMINATE_SESSION, CONNECT_TO_PORT_ERROR = 2, 3
# A flag of a message:
ALONE = 3  # of a message that belongs to no sequence; 1 is the first of one
# What has become of an action that the agent asks for.
DONE, UNSUPPORTED = 1, 3

VERSION = 1
_HEAD = struct.Struct(">I32sIQqQ")  # header length, type, version, milliseconds since 1970, sequence, flags
_TAIL = struct.Struct(">II")  # kind of payload, its length
_ID_AT, _DIGEST_AT, _KIND_AT, PAYLOAD_AT = 64, 80, 112, 120
HEADER_BYTES = 116  # as the header itself counts: without the payload's length


class BadMessage(ValueError):
    """Bytes that are not a whole, intact message."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message; `ident` is its UUID as 16 bytes."""

    type: str
    sequence: int
    kind: int
    payload: bytes
    ident: bytes = b""
    flags: int = 0

    def json(self) -> dict[str, Any]:
        """Return the payload, decoded.

        Raises:
            BadMessage: it is no JSON object.
        """
        try:
            found = json.loads(self.payload)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise BadMessage(f"the payload of {self.type} is no JSON object")
        return found


def pack(message: Message, *, now_ms: int) -> bytes:
    """Return a message as bytes; one without an id gets a random one."""
    ident = message.ident or random.randbytes(16)  # noqa: S311 - tells messages apart, no secret
    head = _HEAD.pack(
        HEADER_BYTES, message.type.encode().ljust(32), VERSION, now_ms, message.sequence, message.flags
    )
    tail = _TAIL.pack(message.kind, len(message.payload))
    # the agent's language keeps the two halves of a UUID the other way round
    parts = (head, ident[8:], ident[:8], hashlib.sha256(message.payload).digest(), tail, message.payload)
    return b"".join(parts)


def unpack(raw: bytes) -> Message:
    """Return the message in these bytes.

    Raises:
        BadMessage: they are cut, of another format, or not what was sent (digest).
    """
    if len(raw) < PAYLOAD_AT:
        raise BadMessage(f"{len(raw)} bytes, fewer than a header")
    length, kind_of_message, _, _, sequence, flags = _HEAD.unpack_from(raw)
    kind, size = _TAIL.unpack_from(raw, _KIND_AT)
    payload = raw[PAYLOAD_AT : PAYLOAD_AT + size]
    if length != HEADER_BYTES or len(payload) != size:
        raise BadMessage(f"a header of {length} bytes and a payload of {len(payload)} of {size}")
    if size and hashlib.sha256(payload).digest() != raw[_DIGEST_AT:_KIND_AT]:
        raise BadMessage("the payload is not the one that was sent (its digest differs)")
    return Message(
        type=kind_of_message.rstrip(b"\0 ").decode("ascii", "replace"),
        sequence=sequence,
        kind=kind,
        payload=payload,
        ident=raw[_ID_AT + 8 : _DIGEST_AT] + raw[_ID_AT : _ID_AT + 8],
        flags=flags,
    )


def acknowledge(message: Message) -> Message:
    """Return the message that says that one has arrived."""
    h = message.ident.hex()
    body = (
        f'{{"AcknowledgedMessageType":"{message.type}",'
        f'"AcknowledgedMessageId":"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}",'
        f'"AcknowledgedMessageSequenceNumber":{message.sequence},"IsSequentialMessage":true}}'
    )
    return Message(type=ACK, sequence=0, kind=0, payload=body.encode(), flags=ALONE)


def acknowledged(message: Message) -> int:
    """Return the sequence number that an acknowledgement is for.

    Raises:
        BadMessage: it names none.
    """
    number = message.json().get("AcknowledgedMessageSequenceNumber")
    if not isinstance(number, int):
        raise BadMessage("an acknowledgement without a number")
    return number


def flag_of(message: Message) -> int:
    """Return what a FLAG says; 0 when it says nothing."""
    return int.from_bytes(message.payload[:4], "big")
