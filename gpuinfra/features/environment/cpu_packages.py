"""Packages for a CPU on an instance type that is paid for its GPUs: refused before it is paid. Pure."""

import re

from gpuinfra.features.environment import conda_specs, lock_file
from gpuinfra.features.environment.conda_specs import Spec
from gpuinfra.features.environment.findings import Findings, LintFinding, error
from gpuinfra.features.environment.yaml_document import Document
from gpuinfra.ground.errors import ConfigError

# faiss-cpu and the like stay allowed: beside a framework on the GPU they make sense
CONDA = re.compile(r"cpuonly\Z|(?:py)?torch-cpu\Z|libtorch-cpu\Z|tensorflow(?:-base)?-cpu\Z|jaxlib-cpu\Z")
PIP = re.compile(
    r"(?:torch|tensorflow|jaxlib)[_-]cpu\b|jax\[cpu\]|\S*(?:\+|%2B)cpu\b|.*/whl/(?:\w+/)?cpu\b", re.I
)
CPU_BUILD = re.compile(r"(?<![a-z])cpu")
FRAMEWORKS = r"(?:pytorch|libtorch|tensorflow|tensorflow-base|jaxlib)"
LOCKED = re.compile(rf"^\S+/({FRAMEWORKS}-[^-/\s]+-[^-/\s]*cpu[^-/\s]*)\.(?:conda|tar\.bz2)", re.M)


def lint(document: Document, gpu_type: str) -> Findings:
    """Yield an error for each package of environment.yml that cannot use the GPUs of the type."""
    for spec in conda_specs.specs(document):
        if CONDA.match(spec.name) or CPU_BUILD.search(build_of(spec)):
            yield error(spec.line, _why(spec.text, gpu_type), f"- {gpu_name(spec.name)}")
    for entry in document.pip:
        if found := of_pip(entry.line, entry.text, gpu_type):
            yield found


def build_of(spec: Spec) -> str:
    """Return the build that a spec asks for: NAME=V=BUILD, NAME V BUILD, NAME[build=BUILD], or nothing."""
    if bracket := re.search(r"\[.*\bbuild\s*=\s*['\"]?([^'\",\]]+)", spec.rest):
        return bracket[1]
    parts = re.split(r"[=\s]+", spec.rest.strip().lstrip("="))
    return parts[1] if len(parts) > 1 else ""


def gpu_name(name: str) -> str:
    """Return what to ask for instead."""
    if name in ("cpuonly", "pytorch-cpu", "torch-cpu", "libtorch-cpu"):
        return "pytorch-gpu"
    return name.replace("-cpu", "-gpu") if name.startswith("tensorflow") else name.removesuffix("-cpu")


def is_for_cpu(line: str) -> bool:
    """Tell whether a line of pip names a CPU build, or an index of them."""
    return bool(PIP.match(line.strip()))


def of_pip(number: int, line: str, gpu_type: str) -> LintFinding | None:
    """Return the error for a line of pip that cannot use the GPUs of the type."""
    return error(number, _why(line.strip(), gpu_type)) if is_for_cpu(line) else None


def refuse(lock: bytes | None, gpu_type: str) -> None:
    """Refuse the same in environment.lock.

    Raises:
        ConfigError: there is such a package.
    """
    if locked := LOCKED.search((lock or b"").decode("utf-8", "replace")):
        raise ConfigError(f"{lock_file.FILE}: {_why(locked[1], gpu_type)}", hint=lock_file.RENEW)


def _why(text: str, gpu_type: str) -> str:
    return f"{text!r} is for a CPU, and the GPU of {gpu_type} is paid for"
