"""The data channel's frames once more, written apart from gpuinfra.ssm.wire so that one checks the other."""

import hashlib
import hmac
import struct
import time
import urllib.parse
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

HEADER = 116
SECRET = "testing"


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One frame."""

    type: str
    seq: int
    kind: int
    payload: bytes
    id: str


def pack(type_: str, seq: int, flags: int, kind: int, payload: bytes) -> bytes:
    """Return a frame as the agent writes it."""
    ident = uuid.uuid4().bytes
    return (
        struct.pack(
            ">I32sIQqQ", HEADER, type_.encode().ljust(32, b"\0"), 1, int(time.time() * 1000), seq, flags
        )
        + ident[8:]
        + ident[:8]
        + hashlib.sha256(payload).digest()
        + struct.pack(">II", kind, len(payload))
        + payload
    )


def unpack(raw: bytes) -> Frame:
    """Return a frame as the agent reads it; a wrong one is an AssertionError."""
    length, type_, version, _, seq, _ = struct.unpack(">I32sIQqQ", raw[:64])
    kind, size = struct.unpack(">II", raw[112:120])
    payload = raw[120 : 120 + size]
    assert (length, version, len(payload)) == (HEADER, 1, size)
    assert not size or hashlib.sha256(payload).digest() == raw[80:112]
    ident = uuid.UUID(bytes=raw[72:80] + raw[64:72])
    return Frame(type=type_.rstrip(b"\0 ").decode(), seq=seq, kind=kind, payload=payload, id=str(ident))


def signature(path: str, headers: Mapping[str, str]) -> str:
    """Compute AWS's Signature Version 4 anew and compare: `valid SERVICE`, `unsigned` or `wrong`."""
    given = headers.get("Authorization", "")
    if not given.startswith("AWS4-HMAC-SHA256 "):
        return "unsigned"
    parts = dict(p.strip().split("=", 1) for p in given.removeprefix("AWS4-HMAC-SHA256 ").split(","))
    _, day, region, service, _ = parts["Credential"].split("/")
    url = urllib.parse.urlsplit(path)
    signed = "".join(f"{h}:{headers[h]}\n" for h in parts["SignedHeaders"].split(";"))
    query = "&".join(sorted(url.query.split("&")))
    request = ["GET", url.path, query, signed, parts["SignedHeaders"], hashlib.sha256(b"").hexdigest()]
    scope = f"{day}/{region}/{service}/aws4_request"
    digest = hashlib.sha256("\n".join(request).encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", headers["X-Amz-Date"], scope, digest])
    key = f"AWS4{SECRET}".encode()
    for word in (day, region, service, "aws4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    good = hmac.digest(key, text.encode(), "sha256").hex()
    return f"valid {service}" if hmac.compare_digest(good, parts["Signature"]) else "wrong"
