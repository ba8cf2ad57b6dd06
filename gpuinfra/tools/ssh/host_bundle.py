"""The programs that run on the host: one bundle, named by its digest, and how ssh starts one of them.

`gpuinfra run` passes here before all else: no pathlib, tarfile, gzip or hashlib, 3 to 10 ms each.
"""

from __future__ import annotations

import os
import select
import sys
import zlib

if sys.version_info >= (3, 12):
    from _sha2 import sha256  # of hashlib, without OpenSSL
else:
    from _sha256 import sha256  # type: ignore[import-not-found,unused-ignore]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Files = list[tuple[str, bytes]]

ROOT = os.path.abspath(f"{__file__}/../../../..")
DIRECTORY = ".cache/gpuinfra"  # below the login user's home
DIGEST_CHARACTERS = 32
HAVE, NEED = b"gpuinfra-host have\n", b"gpuinfra-host need\n"
# -I: no PYTHON* variable, no directory of the user in sys.path; -S: no site, which costs 5 ms
JOBS = ("/usr/bin/python3", "-I", "-S", "gpuinfra/host/jobs/__main__.py")
BLOCK = 512  # of a tar
GZIP = 31  # what zlib calls a whole gzip file; its time of making is 0
CHUNK = 65536
MOST_NOISE = 1 << 20  # of a login shell, before our program's word


class NoMarker(Exception):
    """Our program did not start there; `noise` came instead; `timed_out`: the session goes on."""

    def __init__(self, noise: bytes, *, timed_out: bool) -> None:
        super().__init__(noise)
        self.noise, self.timed_out = noise, timed_out


def script(name: str, *arguments: str, interpreter: str = "/usr/bin/python3") -> tuple[str, ...]:
    """Return the program that is a script of host/, started by a Python of the host."""
    return (interpreter, "-I", f"gpuinfra/host/{name}", *arguments)


def files() -> Files:
    """Return the files of the bundle in the order in which unpack.sh counts them: name and content."""
    host = "gpuinfra/host"
    inner = sorted(n for n in os.listdir(f"{ROOT}/{host}") if "." in n and n[0] != ".")
    folders = sorted(entry.name for entry in os.scandir(f"{ROOT}/{host}") if entry.is_dir())
    names = ["gpuinfra/__init__.py", *(f"{host}/{name}" for name in inner), f"{host}/Dockerfile"]
    for folder in folders:
        modules = sorted(name for name in os.listdir(f"{ROOT}/{host}/{folder}") if name.endswith(".py"))
        names += [f"{host}/{folder}/{name}" for name in modules]
    return [(name, _read(name)) for name in names]


def digest(bundle: Files) -> str:
    """Return the name of a bundle: as `sha256sum FILES | sha256sum` has it."""
    lines = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in bundle)
    whole: str = sha256(lines.encode()).hexdigest()
    return whole[:DIGEST_CHARACTERS]


def place(name: str) -> str:
    """Return where a file of host/ lies on the host, below the home, once a program of the bundle has run."""
    return f"{DIRECTORY}/host-{digest(files())}/gpuinfra/host/{name}"


def archive(bundle: Files) -> bytes:
    """Return the bundle as a compressed tar, the same bytes for the same files."""
    packer = zlib.compressobj(wbits=GZIP)
    packed = [packer.compress(_entry(name, data)) for name, data in bundle]
    return b"".join([*packed, packer.compress(bytes(2 * BLOCK)), packer.flush()])


def command(program: Sequence[str], bundle: Files) -> str:
    """Return the line for the login shell that starts a program of the bundle; see unpack.sh."""
    lines = [line.strip() for line in _read("gpuinfra/host/unpack.sh").decode().splitlines()]
    shell = "\n".join(line for line in lines if line and not line.startswith("#"))
    return " ".join(_quoted(word) for word in ("/bin/sh", "-c", shell, "sh", digest(bundle), *program))


def hand_over(stdin: int, stdout: int, bundle: Files, *, timeout_s: float | None = None) -> bytes:
    """Wait for the marker, and send the bundle if the host asks for it; return what came after it.

    Raises:
        NoMarker: the session ended before, or said nothing of ours in time.
        BrokenPipeError: it ended while the bundle was sent.
    """
    said = b""
    while HAVE not in said and NEED not in said:
        ready = select.select([stdout], [], [], timeout_s)[0]
        data = os.read(stdout, CHUNK) if ready else b""
        if not data:
            raise NoMarker(said, timed_out=not ready)
        said += data
        if len(said) > MOST_NOISE:
            raise NoMarker(said[:CHUNK], timed_out=True)
    if NEED in said:
        packed = memoryview(archive(bundle))
        send(stdin, b"%d\n" % len(packed))
        send(stdin, packed)
    return said.partition(NEED if NEED in said else HAVE)[2]


def send(fd: int, data: bytes | memoryview) -> None:
    """Write it all."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _read(name: str) -> bytes:
    with open(f"{ROOT}/{name}", "rb") as file:
        return file.read()


def _quoted(word: str) -> str:
    """Quote a word for any shell (shlex imports re)."""
    plain = word.replace("-", "").replace("/", "").replace(".", "").replace("_", "")
    return word if plain.isascii() and plain.isalnum() else "'" + word.replace("'", "'\"'\"'") + "'"


# A header of tar (ustar, POSIX.1-1988): each field with its width; numbers are octal, ended by a NUL.
# The checksum is the sum of the header's bytes, its own field taken as spaces.
FIELDS = (
    ("name", 100), ("mode", 8), ("uid", 8), ("gid", 8), ("size", 12), ("mtime", 12), ("checksum", 8),
    ("kind", 1), ("link", 100), ("magic", 8),
)  # fmt: skip


def _entry(name: str, data: bytes) -> bytes:
    """Return a file as tar keeps it."""
    values = {
        "name": name.encode(), "mode": b"0000600", "uid": b"0000000", "gid": b"0000000",
        "size": b"%011o" % len(data), "mtime": b"%011o" % 0, "checksum": b" " * 8, "kind": b"0", "link": b"",
        "magic": b"ustar\x0000",
    }  # fmt: skip
    unsummed = b"".join(values[field].ljust(width, b"\0") for field, width in FIELDS).ljust(BLOCK, b"\0")
    values["checksum"] = b"%06o\0 " % sum(unsummed)
    header = b"".join(values[field].ljust(width, b"\0") for field, width in FIELDS).ljust(BLOCK, b"\0")
    return header + data + bytes(-len(data) % BLOCK)
