"""Packages for a CPU on a GPU type are refused, in each file and each way to write them."""

from pathlib import Path

import pytest

from gpuinfra.features.boot.user_data import context_of
from gpuinfra.features.environment import cpu_packages
from gpuinfra.features.environment.files import ProjectFiles
from gpuinfra.features.environment.lint import lint
from gpuinfra.ground.errors import ConfigError
from tests.fakes.world import NONCE

HEAD = "name: gpu\nchannels: [conda-forge]\ndependencies:\n  - python=3.12\n"


def write(folder: Path, **files: str) -> ProjectFiles:
    """Return a project with these files."""
    for name, text in {"environment_yml": HEAD, **files}.items():
        stem, _, end = name.rpartition("_")
        (folder / f"{stem}.{end}").write_text(text)
    return ProjectFiles(folder)


@pytest.mark.parametrize(
    "spec",
    [
        "cpuonly",
        "pytorch-cpu",
        "pytorch-cpu=2.5",
        "tensorflow-cpu",
        "conda-forge::tensorflow-cpu",
        "pytorch=*=cpu*",
        "pytorch=*=*cpu*",
        "pytorch=2.5=cpu_mkl_py312*",
        "pytorch 2.5.* cpu_*",
        "pytorch[build=cpu*]",
        "pytorch[version='>=2', build='*cpu*']",
        "jaxlib=*=*cpu*",
        "tensorflow=2.18=cpu_py312h0",
    ],
)
def test_a_cpu_package_of_conda_is_refused_on_a_gpu_type(spec: str) -> None:
    """An error with its line, that names the type; on a type without a GPU it is none."""
    text = f'{HEAD}  - "{spec}"\n'.encode()
    (found,) = lint(text, gpu_type="g5.xlarge").errors
    assert (found.line, "is for a CPU, and the GPU of g5.xlarge is paid for" in found.message) == (5, True)
    assert lint(text).errors == ()


@pytest.mark.parametrize(
    "line",
    [
        "torch==2.5.1+cpu",
        "tensorflow-cpu==2.18",
        "tensorflow_cpu",
        "jax[cpu]",
        "--index-url https://download.pytorch.org/whl/cpu",
        "--extra-index-url=https://download.pytorch.org/whl/nightly/cpu",
        "torch @ https://download.pytorch.org/whl/cpu/torch-2.5.1%2Bcpu-cp312-cp312-linux_x86_64.whl",
    ],
)
def test_a_cpu_package_of_pip_is_refused_in_both_files(tmp_path: Path, line: str) -> None:
    """In the pip section of environment.yml and in requirements.txt."""
    text = f'{HEAD}  - pip\n  - pip:\n    - "{line}"\n'.encode()
    assert [f.line for f in lint(text, gpu_type="g5.xlarge").errors] == [7]
    project = write(tmp_path, requirements_txt=f"--find-links https://example.org/wheels\n{line}\n")
    with pytest.raises(ConfigError, match=r"requirements\.txt:2: .*for a CPU"):
        context_of(project, stack="dev", nonce=NONCE, installer="miniconda", instance_type="g5.xlarge")
    context_of(project, stack="dev", nonce=NONCE, installer="miniconda", instance_type="t3.large")


@pytest.mark.parametrize(
    "spec", ["pytorch", "pytorch-gpu", "faiss-cpu", "py-cpuinfo", "psutil=6=py312h_0", "torch"]
)
def test_what_can_use_a_gpu_is_not_refused(spec: str) -> None:
    """Nor is what only works beside it."""
    text = f"{HEAD}  - {spec}\n".encode()
    assert not [f for f in lint(text, gpu_type="g5.xlarge").errors if "for a CPU" in f.message]
    assert not cpu_packages.is_for_cpu(spec)


def test_a_lock_that_was_made_for_a_cpu_is_refused_on_a_gpu_type(tmp_path: Path) -> None:
    """As when the type was changed after `env lock`; the hint makes a new one."""
    url = "https://conda.anaconda.org/conda-forge/linux-64"
    lock = f"@EXPLICIT\n{url}/numpy-2.1-py312_0.conda#{'a' * 64}\n"
    lock += f"{url}/pytorch-2.5.1-cpu_mkl_py312h0_100.conda#sha256:{'b' * 64}\n"
    project = write(tmp_path, environment_lock=lock)
    with pytest.raises(ConfigError, match=r"pytorch-2\.5\.1-cpu_mkl") as caught:
        context_of(project, stack="dev", nonce=NONCE, installer="miniconda", instance_type="g5.xlarge")
    assert "gpuinfra env lock" in caught.value.hint
    context_of(project, stack="dev", nonce=NONCE, installer="miniconda", instance_type="t3.large")
