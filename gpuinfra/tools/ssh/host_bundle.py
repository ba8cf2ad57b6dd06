"""The program that runs commands on the host, as the bytes that open each session.

`gpuinfra run` passes here before all else: no pathlib, tarfile or gzip, each of which costs 5 to 10 ms.
"""

import hashlib
import json
import os
import zlib

from gpuinfra.host.jobs import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gpuinfra.ground.job_protocols import Request

PACKAGE = os.path.abspath(f"{__file__}/../../..")  # noqa: PTH100
BLOCK = 512  # of a tar
GZIP = 31  # what zlib calls a whole gzip file; its time of making is 0
# Its directory is named by its content: another version never overwrites one that is in use.
REMOTE = (
    'c=$HOME/.cache/gpuinfra; d=$c/host-{digest}; if [ -d "$d" ]; then head -c {size} >/dev/null; else'
    ' mkdir -p -m 700 "$c" && t=$(mktemp -d "$c/new.XXXXXX") && head -c {size} | tar -xzf - -C "$t"'
    ' && mv -T "$t" "$d" || exit 5; fi; PYTHONPATH=$d exec python3 -S -m gpuinfra.host.jobs'
)


def program() -> bytes:
    """Return the host's program as an archive, the same bytes for the same files."""
    modules = sorted(name for name in os.listdir(f"{PACKAGE}/host/jobs") if name.endswith(".py"))  # noqa: PTH208
    names = ["__init__.py", "host/__init__.py", *(f"host/jobs/{name}" for name in modules)]
    packer = zlib.compressobj(wbits=GZIP)
    packed = [packer.compress(_entry(name)) for name in names]
    return b"".join([*packed, packer.compress(bytes(2 * BLOCK)), packer.flush()])


def opened_by(request: "Request") -> tuple[str, bytes]:
    """Return the command line on the host, which says nothing of the request, and what opens its stdin."""
    archive = program()
    line = REMOTE.format(digest=hashlib.sha256(archive).hexdigest()[:16], size=len(archive))
    return line, archive + frames.pack(frames.REQUEST, json.dumps(request).encode())


def _entry(name: str) -> bytes:
    """Return a file of the package as tar keeps it (ustar, POSIX.1-1988)."""
    with open(f"{PACKAGE}/{name}", "rb") as file:  # noqa: PTH123
        data = file.read()
    # name, mode, uid, gid, size, time, checksum (as spaces while it is counted), kind, link, magic
    numbers = b"0000644\x000000000\x000000000\x00%011o\x00%011o\x00" % (len(data), 0)
    head = f"gpuinfra/{name}".encode().ljust(100, b"\0") + numbers + b" " * 8 + b"0" + bytes(100)
    head = (head + b"ustar\x0000").ljust(BLOCK, b"\0")
    head = head[:148] + b"%06o\0 " % sum(head) + head[156:]
    return head + data + bytes(-len(data) % BLOCK)
