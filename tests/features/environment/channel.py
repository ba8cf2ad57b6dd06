"""A tiny conda channel: only its index, which is all that a solve reads."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

MIB = 2**20


def record(
    name: str,
    version: str,
    *,
    build: str = "0",
    number: int = 0,
    depends: Iterable[str] = (),
    noarch: bool = False,
) -> dict[str, object]:
    """Return the index entry of one package of 1 MiB."""
    return {
        "name": name,
        "version": version,
        "build": build,
        "build_number": number,
        "depends": list(depends),
        "subdir": "noarch" if noarch else "linux-64",
        "sha256": hashlib.sha256(f"{name}-{version}-{build}".encode()).hexdigest(),
        "size": MIB,
        "timestamp": 1_700_000_000_000,
        **({"noarch": "python"} if noarch else {}),
    }


# CUDA builds have a higher build number, as on conda-forge: else a solver may take the one for the CPU.
PACKAGES = (
    record("python", "3.11.9"),
    record("python", "3.12.4"),
    record("pip", "24.0", build="py_0", depends=["python >=3.8"], noarch=True),
    record("numpy", "1.26.0", depends=["python"]),
    record("pandas", "2.2.0", depends=["python", "numpy >=1.26"]),
    record("pytorch", "2.7.0", build="cpu_0", depends=["python"]),
    record("pytorch", "2.7.0", build="cuda126_0", number=200, depends=["python", "__cuda >=12"]),
    record("pytorch", "2.7.0", build="cuda130_0", number=201, depends=["python", "__cuda >=13"]),
    record("needs-old-numpy", "1.0", depends=["python", "numpy <1.20"]),
    record("needs-glibc", "1.0", depends=["__glibc >=2.35", "__linux", "__unix", "__archspec"]),
    record("needs-cuda-13", "1.0", depends=["__cuda >=13"]),
)


def write(directory: Path) -> None:
    """Write the channel's index."""
    for subdir in ("linux-64", "noarch"):
        entries = {
            f"{p['name']}-{p['version']}-{p['build']}.conda": p for p in PACKAGES if p["subdir"] == subdir
        }
        folder = directory / subdir
        folder.mkdir(parents=True)
        index = {"info": {"subdir": subdir}, "packages": {}, "packages.conda": entries, "repodata_version": 1}
        (folder / "repodata.json").write_text(json.dumps(index))
