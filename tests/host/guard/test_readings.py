"""What the guard makes of each kind of answer of nvidia-smi: a stand-in program says them."""

from pathlib import Path

import pytest

from gpuinfra.host.guard.readings import Readings

SOLD = "g4dn.xlarge 1 16384 T4\n"


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return what nvidia-smi prints on a host that is sold with GPUs."""
    (tmp_path / "sold").write_text(SOLD)
    said, program = tmp_path / "said", tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\necho x >>{tmp_path}/asked\ncat {said}\n")
    program.chmod(0o755)
    monkeypatch.setenv("GPUINFRA_GPU_SOLD", str(tmp_path / "sold"))
    monkeypatch.setenv("GPUINFRA_USAGE", str(tmp_path / "usage"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return said


@pytest.mark.parametrize(
    ("says", "busy", "words"),
    [
        ("0, T4, 0, 3, 15360, 30, 9.5\n", False, "GPU 0 %"),
        ("0, T4, 0, 15000, 15360, 40, 9.5\n", False, "GPU 0 %"),
        ("0, T4, 4, 3, 15360, 30, 9.5\n1, T4, 5, 3, 15360, 30, 9.5\n", True, "GPU 5 %"),
        ("0, T4, 97, 3, 15360, 30, 9.5\nUnable to determine the device handle\n", True, "GPU 97 %"),
        ("0, T4, 0, 3, 15360, 30, 9.5\nUnable to determine the device handle\n", None, "Unable to determine"),
        ("0, A100, [N/A], 3, 40960, 30, 60\n", None, "a GPU tells no load"),
        ("0, A100, [N/A], 3, 40960, 30, 60\n1, A100, 90, 3, 40960, 30, 60\n", True, "GPU 90 %"),
        ("", None, "nvidia-smi shows no GPU"),
    ],
)
def test_a_gpu_is_busy_idle_or_not_known(answers: Path, says: str, busy: bool | None, words: str) -> None:
    """Memory that is held without load is idle; what is not certain is not idle."""
    answers.write_text(says)
    seen = Readings().gpu()
    assert (seen.busy, seen.words.startswith(words)) == (busy, True), seen.words


def test_a_host_without_gpus_has_none(answers: Path) -> None:
    """Nothing is asked."""
    (answers.parent / "sold").write_text("")
    assert Readings().gpu().busy is False
    assert not (answers.parent / "asked").exists()


def test_a_program_that_fails_is_not_started_at_each_tick(answers: Path) -> None:
    """One that hangs may not even die: they must not pile up. One that answers is asked each time."""
    answers.write_text("0, T4, 0, 3, 15360, 30, 9.5\n")
    readings = Readings()
    assert [readings.gpu().busy for _ in range(2)] == [False, False]
    answers.write_text("")
    assert [readings.gpu().busy for _ in range(5)] == [None] * 5
    assert (answers.parent / "asked").read_text().count("x") == 3


def test_cpu_and_network_come_from_the_same_sample(answers: Path) -> None:
    """Without a sample neither is known, which is not idle."""
    answers.write_text("0, T4, 0, 3, 15360, 30, 9.5\n")
    readings = Readings()
    with pytest.raises(ValueError, match="no sample"):
        readings.cpu()
    readings.gpu()
    assert readings.cpu().words.startswith("CPU ")
    assert readings.network().words.endswith("MB/s")
