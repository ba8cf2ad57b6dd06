"""The lab's name server: the names that the mirror has, the names that AWS gives its hosts, and no others."""

import re
import socket
from collections.abc import Callable

_TYPE_A = 1
_TTL_S = 60
_HEADER_BYTES = 12
# flags: an answer, recursion available; with code 0 (found) or 3 (no such name)
_FOUND, _NO_SUCH_NAME = b"\x81\x80", b"\x81\x83"
_HOST_NAME = re.compile(r"(?:ip|ec2)-(\d+)-(\d+)-(\d+)-(\d+)(?:\.|$)")

Resolve = Callable[[str], str | None]


def resolver(has: Callable[[str], bool], mirror: str) -> Resolve:
    """Return the look-up: `has` says whether the mirror has a name, `mirror` is its address."""

    def resolve(name: str) -> str | None:
        if host := _HOST_NAME.match(name):
            return ".".join(host.groups())
        return mirror if has(name) else None

    return resolve


def answer(query: bytes, resolve: Resolve) -> bytes:
    """Answer one query; a question for anything but an IPv4 address gets an empty answer."""
    labels, at = [], _HEADER_BYTES
    while size := query[at]:
        labels.append(query[at + 1 : at + 1 + size].decode("latin-1"))
        at += size + 1
    end = at + 5
    kind = int.from_bytes(query[at + 1 : at + 3], "big")
    address = resolve(".".join(labels).lower())
    record = b""
    if address and kind == _TYPE_A:
        # 0xc00c points back to the name asked for; then type A, class IN
        record = b"\xc0\x0c\0\1\0\1" + _TTL_S.to_bytes(4, "big") + b"\0\4" + socket.inet_aton(address)
    flags = _FOUND if address else _NO_SUCH_NAME
    counts = b"\0\1" + (b"\0\1" if record else b"\0\0") + b"\0\0\0\0"
    return query[:2] + flags + counts + query[_HEADER_BYTES:end] + record


def serve(address: str, resolve: Resolve, port: int = 53) -> None:
    """Answer for ever."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, port))
        while True:
            query, caller = server.recvfrom(512)
            try:
                server.sendto(answer(query, resolve), caller)
            except IndexError:
                continue  # not a query
