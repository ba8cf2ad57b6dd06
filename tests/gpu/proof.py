"""Prove on a machine with NVIDIA GPUs and PyTorch that what gpuinfra reads is true; over 200 lines, as it is
one script that needs no install:

    git clone ... && cd gpuinfra && python tests/gpu/proof.py | tee proof.md

Prints a table (Markdown) in under 8 minutes; exits with 1 if anything is not as it should be. Nobody else
should use the GPUs meanwhile: the load of a neighbour is told as a failure of "idle".
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from gpuinfra.host import gpu_check  # noqa: E402
from gpuinfra.host.guard import gpu, record, samples, summary, system  # noqa: E402

BUSY_PERCENT, BUSY_WITHIN_S = 50.0, 30.0
IDLE_PERCENT, IDLE_WITHIN_S = summary.IDLE_PERCENT, 30.0
HELD_MIB, LEAST_HELD_MIB = 1024, 900
START_TIMEOUT_S, BENCHMARK_TIMEOUT_S = 60.0, 180.0
WHOLE_S = 8 * 60
MATRIX = 8192
READY = "ready"

Read = Callable[[], "list[gpu.Gpu] | None"]


@dataclass
class Report:
    """Rows of the table; how many are not as they should be."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)
    failed: int = 0

    def add(self, what: str, is_right: bool, found: str) -> None:
        """Add a row, and print it."""
        self.rows.append((what, "yes" if is_right else "NO", found))
        self.failed += not is_right
        say("| " + " | ".join(self.rows[-1]) + " |")


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def loads(read: Read) -> list[float | None]:
    """Return the load of each GPU; raises SystemExit where nvidia-smi cannot be read any more."""
    gpus = read()
    if gpus is None:
        raise SystemExit(f"nvidia-smi cannot be read: {gpu.ask().words}")
    return [one.busy_percent for one in gpus]


def highest(read: Read, readings: int, sleep: Callable[[float], None]) -> list[float | None]:
    """Return each GPU's highest load in so many readings, one a second; None: it was never told."""
    seen = []
    for _ in range(readings):
        seen.append(loads(read))
        sleep(1.0)
    return [max((load for load in one if load is not None), default=None) for one in zip(*seen, strict=True)]


def until(
    read: Read, device: int, is_so: Callable[[float], bool], within_s: float, clock: Callable[[], float]
) -> float | None:
    """Return after how many seconds a GPU's load is so; None: not in time."""
    began = clock()
    while clock() - began < within_s:
        load = loads(read)[device]
        if load is not None and is_so(load):
            return clock() - began
        time.sleep(0.2)
    return None


@contextlib.contextmanager
def at_work(what: str, device: int) -> Iterator[None]:
    """Run this script beside itself: `multiply` or `hold` on a GPU, until the block ends."""
    argv = [sys.executable, __file__, "--work", what, "--device", str(device)]
    child = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout
        if child.stdout.readline().strip() != READY:
            raise SystemExit(f"{what} did not begin on GPU {device}")
        yield
    finally:
        child.kill()
        child.wait(START_TIMEOUT_S)


def work(what: str, device: int) -> None:
    """Multiply matrices for ever, or hold memory for ever and do nothing."""
    import torch  # type: ignore[import-not-found,unused-ignore]

    place = f"cuda:{device}"
    if what == "hold":
        held = torch.ones(HELD_MIB * 2**18, dtype=torch.float32, device=place)
        torch.cuda.synchronize(device)
        say(READY)
        while held is not None:
            time.sleep(1.0)
    ones = torch.ones(MATRIX, MATRIX, dtype=torch.float16, device=place)
    say(READY)
    while True:
        ones @ ones
        torch.cuda.synchronize(device)


def prove(report: Report, readings: int, read: Read) -> None:
    """Prove the readers, then each GPU, then what they can do."""
    readers(report, read)
    idle = highest(read, readings, time.sleep)
    for device, load in enumerate(idle):
        if load is None:
            report.add(
                f"GPU {device} tells its load", True, "no (divided by MIG, or a vGPU): told as unknown"
            )
            continue
        report.add(f"GPU {device} idle is read as idle", load < IDLE_PERCENT, f"{load:.0f} % at most")
        busy(report, read, device)
        held(report, read, device, readings)
    benchmark(report, len(idle) if None not in idle else 1)  # of divided GPUs torch sees one part


def readers(report: Report, read: Read) -> None:
    """Prove that all readers see the same GPUs, at what cost, and that a sample is kept as it was."""
    times, gpus = [], read()
    for _ in range(5):
        began = time.perf_counter()
        gpus = read()
        times.append(time.perf_counter() - began)
    if not gpus:
        raise SystemExit(f"nvidia-smi cannot be read: {gpu.ask().words}")
    each = ", ".join(f"{one.name} with {one.memory_mib} MiB" for one in gpus)
    report.add("gpu.read sees the GPUs", True, f"{len(gpus)}: {each}")
    report.add("one reading is quick", statistics.median(times) < 2, f"{statistics.median(times):.2f} s")
    names, words = gpu_check.ask()
    same = [(one.name, one.memory_mib) for one in gpus] == [*names]
    report.add("gpu_check sees the same", same and not words, words or f"{len(names)} GPUs")
    sample = system.Sampler().take(gpus)
    with tempfile.TemporaryDirectory() as folder:
        ring = samples.Ring(f"{folder}/ring", 4)
        ring.add(sample)
        (kept,) = ring.read()
    unit = record.MEMORY_UNIT_MIB
    close = all(
        abs((one.memory_used_mib or 0) - (was.memory_used_mib or 0)) <= unit
        and one.busy_percent == (None if was.busy_percent is None else round(was.busy_percent))
        for one, was in zip(kept.gpus or [], gpus, strict=True)
    )
    report.add("a sample is kept as it was", close, f"{len(kept.gpus or [])} GPUs, {kept.cpus} CPUs")


def busy(report: Report, read: Read, device: int) -> None:
    """Prove that a matrix product is seen soon, and its end, too."""
    with at_work("multiply", device):
        seen = until(read, device, lambda load: load >= BUSY_PERCENT, BUSY_WITHIN_S, time.monotonic)
        found = f"after {seen:.1f} s" if seen is not None else f"not in {BUSY_WITHIN_S:.0f} s"
        report.add(f"GPU {device} multiplying is read as busy", seen is not None, found)
    seen = until(read, device, lambda load: load < IDLE_PERCENT, IDLE_WITHIN_S, time.monotonic)
    found = f"after {seen:.1f} s" if seen is not None else f"not in {IDLE_WITHIN_S:.0f} s"
    report.add(f"GPU {device} idle again after it", seen is not None, found)


def held(report: Report, read: Read, device: int, readings: int) -> None:
    """Prove that memory which is only held is seen, and is no load."""
    before = used(read, device)
    with at_work("hold", device):
        time.sleep(2.0)  # the load of filling it has passed: one reading covers up to a second
        more = used(read, device) - before
        load = highest(read, readings, time.sleep)[device]
    report.add(f"GPU {device} memory held is seen", more >= LEAST_HELD_MIB, f"{more:.0f} MiB more")
    report.add(f"GPU {device} memory held is no load", (load or 0) < IDLE_PERCENT, f"{load} % at most")


def used(read: Read, device: int) -> float:
    """Return the memory in use on a GPU in MiB; 0 where it is not told."""
    gpus = read() or []
    return (gpus[device].memory_used_mib or 0.0) if device < len(gpus) else 0.0


def benchmark(report: Report, count: int) -> None:
    """Prove that each GPU multiplies and copies, by the program that `gpuinfra gpu test` runs."""
    script = ROOT / "gpuinfra/host/gpu_benchmark.py"
    done = subprocess.run(
        [sys.executable, "-I", str(script)], capture_output=True, text=True, timeout=BENCHMARK_TIMEOUT_S
    )
    try:
        found = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        report.add("gpu_benchmark ends well", False, done.stderr.strip()[-200:])
        return
    trouble = found.get("problem", "")
    report.add("gpu_benchmark ends well", not trouble, trouble or f"torch {found['torch']}")
    measured = [device for device in found["devices"] if device.get("fp16_tflops")]
    report.add("every GPU multiplied", len(measured) >= count, f"{len(measured)} of {count}")
    for number, device in enumerate(measured):
        speeds = (
            f"{device['fp32_tflops']} TFLOP/s FP32, {device['fp16_tflops']} FP16; copies"
            f" {device['to_device_gb_s']} GB/s to it, {device['from_device_gb_s']} from it"
        )
        report.add(f"GPU {number} speed", min(v for v in device.values() if v != device["name"]) > 0, speeds)


def about() -> str:
    """Return what machine this is."""
    argv = ["nvidia-smi", "--query-gpu=driver_version,mig.mode.current", "--format=csv,noheader"]
    driver = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60).stdout
    told = "; ".join(sorted(set(driver.strip().splitlines())))
    return f"driver and MIG: {told}; Linux {platform.release()}; Python {platform.python_version()}"


def main(arguments: Sequence[str]) -> int:
    """Prove it all; or be the work beside it."""
    parser = argparse.ArgumentParser(description="Prove that what gpuinfra reads of NVIDIA GPUs is true.")
    parser.add_argument("--readings", type=int, default=10, help="for idle, one a second; default 10")
    parser.add_argument("--work", choices=("multiply", "hold"), help=argparse.SUPPRESS)
    parser.add_argument("--device", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.work:
        work(options.work, options.device)
    began, report = time.monotonic(), Report()
    loads(gpu.read)  # or there is nothing to prove
    say(f"{time.strftime('%Y-%m-%d', time.gmtime())}; {about()}\n")
    say("| what | as it should be | found |\n| --- | --- | --- |")
    prove(report, options.readings, gpu.read)
    took_s = time.monotonic() - began
    report.add("all of it in time", took_s < WHOLE_S, f"{took_s:.0f} s")
    say(f"\nnvidia-smi's own words:\n\n    {os.linesep.join(raw()).strip()}")
    return 1 if report.failed else 0


def raw() -> list[str]:
    """Return an answer as it comes, to be kept with the test data."""
    argv = ["nvidia-smi", f"--query-gpu={','.join(gpu.FIELDS)}", "--format=csv,noheader,nounits"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
