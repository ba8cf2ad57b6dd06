"""One file as cloud-init shall write it on the host, and how its bytes travel."""

import ast
import base64
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class HostFile:
    """One file as cloud-init shall write it; `plain` is for our own text, which is known to be ASCII."""

    path: str
    data: bytes
    plain: bool = False
    mode: str = "0644"

    @property
    def encoding(self) -> str:
        """What cloud-init calls the form of `content`."""
        return "text/plain" if self.plain else "gz+b64"

    @property
    def content(self) -> str:
        """Text as it is, or compressed and in base64: inert in YAML whatever is in it."""
        return self.data.decode("ascii") if self.plain else base64.b64encode(gzip_stable(self.data)).decode()


def gzip_stable(data: bytes) -> bytes:
    """Compress with a header of our own: no time, no system, so the bytes do not depend on when or where."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return header + packer.compress(data) + packer.flush() + struct.pack("<II", zlib.crc32(data), len(data))


def directory(source: Path, target: str) -> list[HostFile]:
    """List the files of one of our directories, as they shall lie in `target`."""
    found = sorted(path for path in source.iterdir() if path.is_file())
    return [
        HostFile(path=f"{target}/{path.name}", data=_without_comments(path.read_bytes()), plain=True)
        for path in found
    ]


def program(source: Path, target: str) -> HostFile:
    """Return one of our Python modules without its docstrings: a third of the bytes, and EC2 counts them."""
    text = source.read_bytes()
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, documented)]
    docs = [node.body[0] for node in nodes if ast.get_docstring(node) and node.body[1:]]
    left_out = {line for doc in docs for line in range(doc.lineno, (doc.end_lineno or 0) + 1)}
    kept = [line for number, line in enumerate(text.splitlines(keepends=True), 1) if number not in left_out]
    return HostFile(path=f"{target}/{source.name}", data=_without_comments(b"".join(kept)), plain=True)


def _without_comments(script: bytes) -> bytes:
    """Drop lines that are only a comment: a fifth of the bytes, and EC2 counts them."""
    first, *rest = script.splitlines(keepends=True)
    return first + b"".join(line for line in rest if not line.lstrip().startswith(b"#"))
