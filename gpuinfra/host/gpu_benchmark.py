"""The GPU check, run by the environment's Python: CUDA, devices, then how fast. Prints one line of JSON.

Only what the standard library of Python 3.8 has, and torch if it is there.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

SIZE = 4096  # of the square matrices: 137 GFLOP a product, enough to fill any GPU
ROUNDS = 10
COPY_MIB = 256


def seconds(torch: Any, work: "Callable[[], object]", device: int) -> float:
    """Return the seconds of one round, the first not counted: it loads kernels."""
    work()
    torch.cuda.synchronize(device)
    began = time.perf_counter()
    for _ in range(ROUNDS):
        work()
    torch.cuda.synchronize(device)
    return (time.perf_counter() - began) / ROUNDS


def tflops(torch: Any, device: int, kind: Any) -> float:
    """Return the speed of matrix products in 10^12 operations a second."""
    ones = torch.ones(SIZE, SIZE, device=f"cuda:{device}", dtype=kind)
    return float(round(2 * SIZE**3 / seconds(torch, lambda: ones @ ones, device) / 1e12, 2))


def bandwidth(torch: Any, device: int, to_device: bool) -> float:
    """Return the speed of copies between pinned memory and the GPU in 10^9 bytes a second."""
    here = torch.empty(COPY_MIB * 2**20, dtype=torch.uint8).pin_memory()
    there = torch.empty_like(here, device=f"cuda:{device}")
    source, target = (here, there) if to_device else (there, here)
    copy = seconds(torch, lambda: target.copy_(source, non_blocking=True), device)
    return float(round(COPY_MIB * 2**20 / copy / 1e9, 2))


def measure(torch: Any, device: int) -> "dict[str, object]":
    """Return the numbers of one GPU."""
    return {
        "name": torch.cuda.get_device_name(device),
        "fp32_tflops": tflops(torch, device, torch.float32),
        "fp16_tflops": tflops(torch, device, torch.float16),
        "to_device_gb_s": bandwidth(torch, device, True),
        "from_device_gb_s": bandwidth(torch, device, False),
    }


def check() -> "dict[str, object]":
    """Return what torch sees, and how fast it is; `problem` says why there are no numbers."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return {"torch": None, "cuda": False, "devices": [], "problem": "the environment has no PyTorch"}
    found: dict[str, object] = {
        "torch": torch.__version__,
        "cuda": bool(torch.cuda.is_available()),
        "devices": [],
    }
    if not found["cuda"]:
        build = getattr(torch.version, "cuda", None) or "none: this is a CPU build"
        return {**found, "problem": f"torch {torch.__version__} sees no GPU (its CUDA: {build})"}
    names = [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())]
    found["devices"] = [{"name": name} for name in names]
    try:
        found["devices"] = [measure(torch, n) for n in range(len(names))]
    except Exception as error:
        found["problem"] = f"the benchmark failed: {type(error).__name__}: {error}"
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(check()) + "\n")
