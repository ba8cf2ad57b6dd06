"""The GPU check without a GPU: what it asks of torch, and what it makes of the clock."""

import venv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gpuinfra.host import gpu_benchmark
from tests.fakes.host import client
from tests.fakes.jobs import local_ssh
from tests.samples import host
from tests.waiting import PATIENCE_S

TORCH = """
__version__ = "2.9"
class version: cuda = {cuda!r}
class cuda:
    is_available = staticmethod(lambda: {available})
    device_count = staticmethod(lambda: 2)
    get_device_name = staticmethod(lambda number: f"T4 {{number}}")
"""


def environment_with(folder: Path, torch: str) -> str:
    """Return the Python of an environment that has this torch, and nothing else."""
    venv.create(folder / "env", symlinks=True)
    (packages,) = (folder / "env").glob("lib/python*/site-packages")
    (packages / "torch.py").write_text(torch)
    return str(folder / "env" / "bin" / "python")


def check(folder: Path, torch: str) -> dict[str, Any]:
    """Run the check as `gpu test` does, by an ssh that leads to this machine."""
    python = environment_with(folder, torch)
    (folder / "home").mkdir()
    ssh = local_ssh(folder / "home")
    found: dict[str, Any] = client(ssh).python(host(), python, "gpu_benchmark.py", timeout_s=PATIENCE_S)
    return found


@pytest.mark.parametrize(
    ("cuda", "says"),
    [(None, "its CUDA: none: this is a CPU build"), ("12.8", "sees no GPU (its CUDA: 12.8)")],
)
def test_a_torch_that_sees_no_gpu(tmp_path: Path, cuda: str | None, says: str) -> None:
    """The build is what is wrong most often."""
    found = check(tmp_path, TORCH.format(cuda=cuda, available=False))
    assert (found["cuda"], found["devices"], says in found["problem"]) == (False, [], True), found


def test_a_benchmark_that_fails_still_names_the_devices(tmp_path: Path) -> None:
    """Here torch has no tensors; on a host, memory may be taken by another process."""
    found = check(tmp_path, TORCH.format(cuda="12.8", available=True))
    assert found["devices"] == [{"name": "T4 0"}, {"name": "T4 1"}]
    assert found["problem"].startswith("the benchmark failed: AttributeError")


class Tensor:
    """Counts what is done with it."""

    def __init__(self, done: list[str]) -> None:
        self.done = done

    def __matmul__(self, other: "Tensor") -> "Tensor":
        self.done.append("product")
        return self

    def pin_memory(self) -> "Tensor":
        self.done.append("pinned")
        return self

    def copy_(self, source: "Tensor", *, non_blocking: bool) -> None:
        self.done.append("copy")


def test_each_number_is_of_ten_rounds_after_one_that_does_not_count() -> None:
    """Both precisions, both directions, from pinned memory; the device is waited for at each look."""
    done: list[str] = []
    made = lambda *_, **__: Tensor(done)  # noqa: E731
    cuda = SimpleNamespace(get_device_name=lambda n: "T4", synchronize=lambda n: done.append("wait"))
    torch = SimpleNamespace(
        ones=made, empty=made, empty_like=made, cuda=cuda, float32="f", float16="h", uint8="b"
    )
    found = gpu_benchmark.measure(torch, 0)
    rounds = ["wait", *["{}"] * gpu_benchmark.ROUNDS, "wait"]
    product = ["product", *(word.format("product") for word in rounds)]
    copy = ["pinned", "copy", *(word.format("copy") for word in rounds)]
    assert done == product * 2 + copy * 2
    assert found.pop("name") == "T4"
    assert all(isinstance(number, float) and number > 0 for number in found.values())
