"""Reading nvidia-smi: what each driver answers, and what is not certain."""

import time
from pathlib import Path

import pytest

from gpuinfra.host.guard import gpu
from tests.processes import is_running
from tests.waiting import PATIENCE_S, wait_until

DATA = Path(__file__).resolve().parents[2] / "data/nvidia_smi"
MISMATCH = "Failed to initialize NVML: Driver/library version mismatch"


def said(name: str) -> gpu.Reading:
    """Return the reading of an answer that is kept."""
    return gpu.parse((DATA / f"{name}.csv").read_text(encoding="utf-8"))


def stand_in(folder: Path, script: str) -> str:
    """Write a program that stands for nvidia-smi; return its path."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("name", "busy", "used", "temperature", "power"),
    [
        ("t4_535", [0], [0], [29], [9.57]),
        ("rtx2080_440", [86], [1571], [45], [176.98]),
        ("h100x2_550", [0, 4], [72790, 72790], [39, 32], [145, 140]),
        ("mig_host_535", [None], [36537], [33], [87]),
        ("mig_container_535", [None], [None], [47], [87.12]),
        ("gtx770_390", [None], [312], [52], [None]),
        ("gb10_580", [0], [None], [36], [3.27]),
        ("vgpu_l4_550", [12], [402], [None], [None]),
        ("unknown_error_442", [100], [5120], [56], [None]),
        ("sensor_err_470", [37], [901], [41], [None]),
        ("inforom_warning_470", [11], [901], [41], [60.24]),
    ],
)
def test_each_value_that_is_missing_is_unknown_and_the_others_are_read(
    name: str,
    busy: list[float | None],
    used: list[float | None],
    temperature: list[float | None],
    power: list[float | None],
) -> None:
    """Whatever a driver writes for a value that it has not, the GPU is there and its other values count."""
    reading = said(name)
    assert reading, reading.words
    assert [one.busy_percent for one in reading.gpus] == busy
    assert [one.memory_used_mib for one in reading.gpus] == used
    assert [one.temperature_c for one in reading.gpus] == temperature
    assert [one.power_w for one in reading.gpus] == power
    assert [one.index for one in reading.gpus] == list(range(len(busy)))


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("lost_cells_570", 2, "1, NVIDIA A100-SXM4-40GB, [GPU is lost]"),
        ("reset_580", 1, "0, NVIDIA RTX PRO 6000 Blackwell Workstation Edition, [GPU requires reset]"),
        ("lost_handle_535", 2, "Unable to determine the device handle for GPU1"),
        ("lost_handle_450", 0, "Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost"),
        ("no_driver", 0, "NVIDIA-SMI has failed"),
        ("no_devices", 0, "No devices were found"),
        ("mismatch_550", 0, MISMATCH),
    ],
)
def test_a_gpu_that_does_not_answer_makes_the_reading_incomplete(name: str, answer: int, words: str) -> None:
    """A lost GPU is no idle one: what nvidia-smi says of it is kept, and the reading is not trusted."""
    reading = said(name)
    assert not reading
    assert len(reading.gpus) == answer
    assert reading.words.startswith(words)


@pytest.mark.parametrize("text", ["", "\n\n", "nan, T4, 1, 2, 3, 4, 5", "0, T4, 1", "\0\0", "0, T4, -1"])
def test_an_answer_that_is_none_is_no_gpu(text: str) -> None:
    """Neither nothing nor nonsense becomes a GPU that is idle."""
    assert not gpu.parse(text)


@pytest.mark.parametrize("cell", ["nan", "inf", "-5", "", "7,5 %", "1e400"])
def test_a_number_that_cannot_be_is_unknown(cell: str) -> None:
    """No sensor's nonsense becomes a load."""
    reading = gpu.parse(f"0, T4, {cell.replace(',', '.')}, 2, 3, 4, 5")
    assert [one.busy_percent for one in reading.gpus] == [None]


def test_it_is_asked_once_with_one_query(tmp_path: Path) -> None:
    """One call for all values, without units: what a tick costs is one nvidia-smi."""
    program = stand_in(tmp_path, f'echo "$@" >>{tmp_path}/asked; cat {DATA}/h100x2_550.csv')
    gpus = gpu.read(5.0, program)
    assert gpus
    assert len(gpus) == 2
    (asked,) = (tmp_path / "asked").read_text().splitlines()
    assert asked.endswith("temperature.gpu,power.draw --format=csv,noheader,nounits")


def test_no_program_is_no_reading(tmp_path: Path) -> None:
    """A host without nvidia-smi is told from one whose GPUs are idle."""
    missing = str(tmp_path / "nvidia-smi")
    assert gpu.read(5.0, missing) is None
    assert gpu.ask(5.0, missing).words == f"there is no {missing}"


def test_what_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    """No answer in time is no reading; nothing of it stays, and the next call asks anew."""
    program = stand_in(tmp_path, f"sleep 600 & echo $! >{tmp_path}/pid; echo $$ >>{tmp_path}/pid; wait")
    began = time.monotonic()
    reading = gpu.ask(0.5, program)
    assert (time.monotonic() - began < PATIENCE_S, bool(reading)) == (True, False)
    assert "has not answered for 0.5 s" in reading.words
    pids = [int(pid) for pid in (tmp_path / "pid").read_text().split()]
    wait_until(lambda: not any(map(is_running, pids)), "all of it to end")
    assert gpu.read(5.0, stand_in(tmp_path, f"cat {DATA}/t4_535.csv"))
