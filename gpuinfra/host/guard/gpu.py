"""On the host: the one reading of nvidia-smi: load, memory, temperature and power of each GPU.

Plain classes, no dataclasses: their import costs `status` 18 ms on the host, and the guard 2 MB.
"""

from __future__ import annotations

import os
import signal
import subprocess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PROGRAM = "nvidia-smi"
TIMEOUT_S = 5.0
FIELDS = ("index", "name", "utilization.gpu", "memory.used", "memory.total", "temperature.gpu", "power.draw")
# What stands where a number should, and means that the GPU itself is gone; anything else that is no number
# ([N/A], [Not Supported], [Insufficient Permissions], [Unknown Error], ERR!) is one value that is not known.
LOST_MARKS = ("[GPU is lost]", "[GPU requires reset]")
# A process that was killed and does not end: it hangs in the kernel, and another one would, too.
_hanging: list[subprocess.Popen[str]] = []


class Gpu:
    """One GPU; None: not reported. A divided GPU (MIG) never reports its load."""

    def __init__(
        self,
        *,
        index: int,
        busy_percent: float | None,
        memory_used_mib: float | None,
        memory_mib: float | None,
        temperature_c: float | None,
        name: str = "",
        power_w: float | None = None,
    ) -> None:
        self.index, self.name, self.busy_percent = index, name, busy_percent
        self.memory_used_mib, self.memory_mib = memory_used_mib, memory_mib
        self.temperature_c, self.power_w = temperature_c, power_w

    def values(self) -> dict[str, Any]:
        """Return it for JSON."""
        return dict(vars(self))


class Reading:
    """What nvidia-smi said once: the GPUs that answer, and its first words about what is wrong, if any."""

    def __init__(self, gpus: list[Gpu], words: str = "") -> None:
        self.gpus, self.words = gpus, words

    def __bool__(self) -> bool:
        """Tell whether it is complete: GPUs, and no word of trouble."""
        return bool(self.gpus) and not self.words


def read(timeout_s: float = TIMEOUT_S, program: str = PROGRAM) -> list[Gpu] | None:
    """Return all GPUs; None if that is not certain: no program, no answer in time, a GPU that is lost."""
    reading = ask(timeout_s, program)
    return reading.gpus if reading else None


def ask(timeout_s: float = TIMEOUT_S, program: str = PROGRAM) -> Reading:
    """Ask nvidia-smi once; it is killed when it has not answered in time."""
    _hanging[:] = [child for child in _hanging if child.poll() is None]
    if _hanging:
        return Reading([], f"{program} hangs, even killed")
    argv = [program, f"--query-gpu={','.join(FIELDS)}", "--format=csv,noheader,nounits"]
    try:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError:
        return Reading([], f"there is no {program}")
    try:
        return parse(child.communicate(timeout=timeout_s)[0])
    except subprocess.TimeoutExpired:
        _end(child)
        return Reading([], f"{program} has not answered for {timeout_s:g} s")


def _end(child: subprocess.Popen[str]) -> None:
    """Kill it and what it started, without waiting: what hangs in the kernel does not even die."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except OSError:
        pass  # it has ended just now
    if child.stdout:
        child.stdout.close()
    _hanging.append(child)


def parse(text: str) -> Reading:
    """Return what an answer says: rows, and between them words on a GPU that is left out."""
    gpus, words = [], ""
    for line in filter(None, map(str.strip, text.splitlines())):
        if gpu := _row(line):
            gpus.append(gpu)
        if not gpu or any(mark in line for mark in LOST_MARKS):
            words = words or ("" if line.startswith("WARNING") else line[:200])
    return Reading(gpus, words)


def _row(line: str) -> Gpu | None:
    """Return the GPU of a row; None for any other line."""
    index, *cells = line.split(",")
    if len(cells) != len(FIELDS) - 1 or not index.strip().isdecimal():
        return None
    busy, used, total, temperature, power = map(_number, cells[1:])
    return Gpu(
        index=int(index),
        name=cells[0].strip(),
        busy_percent=busy,
        memory_used_mib=used,
        memory_mib=total,
        temperature_c=temperature,
        power_w=power,
    )


def _number(cell: str) -> float | None:
    """Return a cell's number, a whole one as int; None for whatever else stands there."""
    try:
        number = float(cell)
    except ValueError:
        return None
    if not 0 <= number < float("inf"):
        return None
    return int(number) if number == int(number) else number
