"""What Python makes of this machine's GPUs: `python -m test` prints it, and fails where one is not usable.

Yours: `gpuinfra init` puts it into a project that has no test.py, and nothing writes over it. Where there is
none, the same words start CPython's own tests, which say nothing about GPUs. Any Python from 3.7 on.
"""

import importlib
import subprocess
import sys
from pathlib import Path

NVIDIA, DISPLAY = "0x10de", "0x03"  # vendor and class of a PCI device, a driver or none


def on_the_bus(devices):
    """Return how many NVIDIA GPUs the machine has, whatever became of their driver."""
    found = [
        (path.parent / "class").read_text() for path in devices.glob("*/vendor") if NVIDIA in path.read_text()
    ]
    return sum(kind.startswith(DISPLAY) for kind in found)


def by_driver():
    """Return the GPUs that the driver names; none without a driver."""
    try:
        done = subprocess.run(
            ["nvidia-smi", "-L"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
        )
    except OSError:
        return []
    return [line for line in done.stdout.decode(errors="replace").splitlines() if line.startswith("GPU ")]


def by_torch(torch):
    """Return the names of the GPUs that torch can use."""
    available = torch.cuda.is_available()
    return [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count() if available else 0)]


def main(devices=Path("/sys/bus/pci/devices")):
    """Print what there is; return why that is not all that there should be, empty if it is."""
    driver = by_driver()
    there = max(on_the_bus(devices), len(driver))
    try:
        torch = importlib.import_module("torch")
    except ModuleNotFoundError:
        print(f"torch is not in this environment ({sys.executable}), so only the driver is asked")
        print("\n".join(driver) or "no GPU by nvidia-smi")
        return "" if len(driver) == there else f"{len(driver)} of {there} GPUs answer nvidia-smi"
    names = by_torch(torch)
    print(f"CUDA available: {bool(names)}")
    print(f"device count: {len(names)}")
    for number, name in enumerate(names):
        print(f"device {number}: {name}")
    # of GPUs that their user has divided (MIG) torch shows one part alone
    if len(names) >= there or any("MIG" in name for name in names):
        if not there and not names:
            print("this machine has no NVIDIA GPU")
        return ""
    build = torch.version.cuda or "none"
    return f"torch {torch.__version__} (its CUDA: {build}) sees {len(names)} of {there} GPUs"


if __name__ == "__main__":
    sys.exit(main() or None)
