"""Facts about AWS, NVIDIA and images that change with time: read from the data that Terraform reads, too.

Each file in terraform/modules/host/facts has its date and source; a copy for Python would be a second table.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gpuinfra.ground import locations

DIRECTORY = Path(locations.shipped()) / "terraform" / "modules" / "host" / "facts"


@dataclass(frozen=True, kw_only=True)
class CudaBase:
    """The least NVIDIA driver (major, minor) that serves a CUDA version, and the base image of that CUDA."""

    driver: tuple[int, int]
    cuda: str
    image: str


@cache
def cuda_bases() -> tuple[CudaBase, ...]:
    """Return the CUDA base images, the newest first."""
    rows = _read("cuda")["bases"]
    return tuple(
        CudaBase(driver=version(row["driver"]), cuda=row["cuda"], image=f"nvidia/cuda:{row['base']}")
        for row in rows
    )


def cpu_base() -> str:
    """Return the base image for a host without a GPU."""
    return str(_read("cuda")["cpu_base"])


def least_driver() -> dict[int, int]:
    """Return CUDA major version -> the least driver (major) that serves any of it, the newest first."""
    return {int(cuda): int(driver) for cuda, driver in _read("cuda")["least_driver"].items()}


def dlc_accounts() -> dict[str, str]:
    """Return region -> the account of AWS whose registry serves its Deep Learning Containers."""
    return dict(_read("dlc")["accounts"])


def dlc_repositories() -> tuple[str, ...]:
    """Return the repositories of Deep Learning Containers that were known at the file's date."""
    return tuple(_read("dlc")["repositories"]["names"])


def cuda_for_lock(image: str) -> str:
    """Return the CUDA that a lock for this kind of image is made for, empty for one without a driver.

    A newer driver serves it too, so it is lower than what the image has.
    """
    return _read("images")["images"].get(image, {}).get("lock_cuda") or ""


def has_nvidia_gpu(instance_type: str) -> bool:
    """Tell whether a type has an NVIDIA GPU; a new size of a known family has one, as the others have."""
    types = _read("gpus")["types"]
    return instance_type in types or instance_type.split(".")[0] in {name.split(".")[0] for name in types}


def kernel_modules(instance_type: str, image: str) -> tuple[str, str | None, bool]:
    """Return which NVIDIA kernel modules a type needs, and which an image has; and whether the image is known
    to serve the type's family.

    Needed: open or proprietary, empty where both do. Of an image: the same words, None where nobody knows.
    """
    known, family = _read("generations"), instance_type.split(".")[0]
    needed = next((modules for modules, of in known["needs"].items() if family in of), "")
    return needed, known["modules"].get(image), family in known["listed"].get(image, [family])


def gpus_text() -> str:
    """Return what EC2 sells with each type as lines for the host: TYPE COUNT MEMORY_MIB NAME."""
    types = _read("gpus")["types"].items()
    return "".join(f"{name} {it['count']} {it['memory_mib']} {it['name']}\n" for name, it in types)


def smallest_types() -> list[tuple[str, int, str, int]]:
    """Return for each GPU the smallest type that has it whole: type, GPUs, model, MiB of each; least first.

    Those of arm64 (T4g) are left out: the image that is the default is none of theirs.
    """
    found: dict[str, tuple[str, int, str, int]] = {}
    for name, it in _read("gpus")["types"].items():
        row = (name, int(it["count"]), str(it["name"]), int(it["memory_mib"]))
        if not it.get("fraction") and row[2] != "T4g" and row[1] < found.get(row[2], ("", 99))[1]:
            found[row[2]] = row
    return sorted(found.values(), key=lambda row: row[3])


def version(text: str) -> tuple[int, int]:
    """Return the first two numbers of a version: 580.65.06 is (580, 65)."""
    first, second = [*text.split("."), "0"][:2]
    return int(first), int(second)


@cache
def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DIRECTORY / f"{name}.json").read_text(encoding="utf-8"))
    return found
