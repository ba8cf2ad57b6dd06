"""Write real `.conda` packages: from wheels, from this machine's Python, or from a few generated files."""

import compileall
import hashlib
import io
import json
import os
import py_compile
import re
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from email.parser import BytesParser
from pathlib import Path

MTIME = 1_700_000_000


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """A Python that is on the host already, such as /usr/bin/python3."""

    exe: str
    version: str

    @property
    def minor(self) -> str:
        """3.11 of 3.11.7."""
        return ".".join(self.version.split(".")[:2])

    @property
    def site(self) -> str:
        """Where its packages lie, below a prefix."""
        return f"lib/python{self.minor}/site-packages"


def local_interpreter() -> Interpreter:
    """Return the interpreter under the virtual environment that runs this."""
    exe = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    return Interpreter(exe=exe, version=".".join(map(str, sys.version_info[:3])))


@dataclass(kw_only=True)
class Package:
    """A package to be: its index entry and its files (content, or the target of a symbolic link)."""

    name: str
    version: str
    build: str = "0"
    build_number: int = 0
    depends: Sequence[str] = ()
    noarch: str | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    entry_points: Sequence[str] = ()

    @property
    def subdir(self) -> str:
        """The channel's directory for it."""
        return "noarch" if self.noarch else "linux-64"

    def index(self) -> dict[str, object]:
        """Return info/index.json."""
        entry: dict[str, object] = {
            "name": self.name,
            "version": self.version,
            "build": self.build,
            "build_number": self.build_number,
            "depends": list(self.depends),
            "subdir": self.subdir,
            "timestamp": MTIME * 1000,
        }
        return entry | ({"noarch": self.noarch} if self.noarch else {"arch": "x86_64", "platform": "linux"})

    def info(self) -> dict[str, bytes]:
        """Return the files of info/."""
        paths = [_path_entry(name, data, "hardlink") for name, data in self.files.items()]
        paths += [_path_entry(name, b"", "softlink") for name in self.links]
        listed = {"paths": paths, "paths_version": 1}
        texts: dict[str, object] = {"index": self.index(), "paths": listed, "about": {}}
        if self.noarch == "python":
            noarch = {"type": "python", "entry_points": list(self.entry_points)}
            texts["link"] = {"noarch": noarch, "package_metadata_version": 1}
        found = {f"info/{name}.json": json.dumps(text).encode() for name, text in texts.items()}
        return found | {"info/files": "\n".join([*self.files, *self.links]).encode()}

    def write(self, channel: Path) -> Path:
        """Write NAME-VERSION-BUILD.conda into its directory of the channel."""
        # Here, so that tests can be collected (and skipped, with the reason) where it is not installed.
        from conda_package_streaming.create import conda_builder  # type: ignore[import-not-found, import-untyped, unused-ignore]

        stem = f"{self.name}-{self.version}-{self.build}"
        folder = channel / self.subdir
        folder.mkdir(parents=True, exist_ok=True)
        with conda_builder(stem, folder, compression_level=1) as tar:
            for name, data in (self.files | self.info()).items():
                tar.addfile(member(name, size=len(data)), io.BytesIO(data))
            for name, target in self.links.items():
                tar.addfile(member(name, link=target))
        return folder / f"{stem}.conda"


def _path_entry(name: str, data: bytes, kind: str) -> dict[str, object]:
    digest = hashlib.sha256(data).hexdigest()
    return {"_path": name, "path_type": kind, "sha256": digest, "size_in_bytes": len(data)}


def member(name: str, *, size: int = 0, link: str = "") -> tarfile.TarInfo:
    """Return the archive entry of a file or a symbolic link, with a fixed time."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, MTIME, 0o755 if "bin/" in name else 0o644
    if link:
        entry.type, entry.linkname = tarfile.SYMTYPE, link
    return entry


def thin_python(interpreter: Interpreter) -> Package:
    """Return a `python` of a few links: a virtual environment over an interpreter that is there already."""
    minor = interpreter.minor
    config = f"home = {Path(interpreter.exe).parent}\ninclude-system-site-packages = false\n"
    return Package(
        name="python",
        version=interpreter.version,
        build="thin_0",
        files={"pyvenv.cfg": config.encode(), f"{interpreter.site}/README.txt": b"gpuinfra test kit\n"},
        links={"bin/python3": interpreter.exe, "bin/python": "python3", f"bin/python{minor}": "python3"},
    )


def from_wheel(wheel: Path) -> Package:
    """Turn a pure wheel into a noarch package, its console scripts into entry points."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        files = {f"site-packages/{name}": archive.read(name) for name in names}
    metadata = BytesParser().parsebytes(
        next(v for k, v in files.items() if k.endswith(".dist-info/METADATA"))
    )
    points = next((v for k, v in files.items() if k.endswith(".dist-info/entry_points.txt")), b"").decode()
    return Package(
        name=str(metadata["Name"]).lower(),
        version=str(metadata["Version"]),
        build="py_0",
        noarch="python",
        depends=["python >=3.8"],
        files=files,
        entry_points=re.findall(r"^[\w.-]+ ?= ?[\w.]+:[\w.]+$", points, re.M),
    )


def compiled(package: Package) -> Package:
    """Return a noarch package with bytecode for the Python that runs this; conda makes it when it links."""
    with tempfile.TemporaryDirectory(prefix="gpuinfra-bytecode-") as scratch:
        for name, data in package.files.items():
            path = Path(scratch, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH  # the time of the sources will be another
        compileall.compile_dir(scratch, quiet=2, stripdir=scratch, invalidation_mode=unchecked)
        found = {path.relative_to(scratch).as_posix(): path for path in Path(scratch).rglob("*.pyc")}
        return replace(package, files=package.files | {name: it.read_bytes() for name, it in found.items()})


def module(name: str, version: str, *, depends: Sequence[str] = (), source: str = "") -> Package:
    """Return a generated Python package of one module, with the metadata that importlib reads."""
    info = f"site-packages/{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        f"site-packages/{name}.py": (source or f"VERSION = '{version}'\n").encode(),
        f"{info}/METADATA": metadata.encode(),
        f"{info}/RECORD": f"{name}.py,,\n{info}/METADATA,,\n{info}/RECORD,,\n".encode(),
    }
    return Package(
        name=name, version=version, build="py_0", noarch="python", depends=["python", *depends], files=files
    )


def wheel_of(package: Package, folder: Path) -> Path:
    """Write the same module as a wheel for pip."""
    path = folder / f"{package.name}-{package.version}-py3-none-any.whl"
    info = f"{package.name}-{package.version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in package.files.items():
            archive.writestr(name.removeprefix("site-packages/"), data)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    return path
