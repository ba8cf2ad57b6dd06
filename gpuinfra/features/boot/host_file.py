"""One file as it shall lie on the host, and how all of them travel: as one compressed text in user-data."""

import base64
import json
import lzma
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.features.boot import smaller

# For the host's own Python (3.10): a line of JSON has path, mode, size of each file; their bytes follow.
UNPACK = """\
import json,lzma,os,sys
t,_,d=lzma.open(sys.argv[1]).read().partition(b"\\n")
for p,m,n in json.loads(t):
 os.makedirs(os.path.dirname(p),exist_ok=True)
 with open(p,"wb",opener=lambda p,f:os.open(p,f,0o600)) as f:f.write(d[:n])
 os.chmod(p,int(m,8))
 d=d[n:]
"""
# By trial, 2026-11: more context of literals is 1 % smaller for shell and Python
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "lp": 0, "pb": 0}]


@dataclass(frozen=True, kw_only=True)
class HostFile:
    """One file as it shall lie on the host."""

    path: str
    data: bytes
    mode: str = "0644"


def pack(files: Sequence[HostFile]) -> str:
    """Return the files as text that UNPACK can unpack: inert in YAML whatever is in them.

    All in one: environment.yml, what is made of it and our programs have words in common. Base64 costs 1 %,
    as the user-data around it is compressed again.
    """
    listed = json.dumps([[file.path, file.mode, len(file.data)] for file in files], separators=(",", ":"))
    whole = listed.encode() + b"\n" + b"".join(file.data for file in files)
    packed = lzma.compress(whole, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC32, filters=FILTERS)
    return base64.b64encode(packed).decode()


def gzip_stable(data: bytes) -> bytes:
    """Compress with a header of our own: no time, no system, so the bytes do not depend on when or where."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return header + packer.compress(data) + packer.flush() + struct.pack("<II", zlib.crc32(data), len(data))


def directory(source: Path, target: str) -> list[HostFile]:
    """List the files of one of our directories, as they shall lie in `target`."""
    found = sorted(path for path in source.iterdir() if path.is_file())
    return [HostFile(path=f"{target}/{path.name}", data=_small(path)) for path in found]


def program(source: Path, target: str) -> HostFile:
    """Return one of our files as it shall lie in `target`."""
    return HostFile(path=f"{target}/{source.name}", data=_small(source))


def _small(path: Path) -> bytes:
    return (smaller.python if path.suffix == ".py" else smaller.shell)(path.read_bytes())
