"""Build the test channel and package index: CHANNEL_DIR WHEEL_DIR [PYTHON VERSION].

PYTHON is the interpreter that the host has (default: the one that runs this).

Run it in a process of its own: py-rattler may abort the interpreter when it ends.
"""

import asyncio
import ensurepip
import os
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

from rattler.index import index_fs  # type: ignore[import-not-found, unused-ignore]

from gpuinfra.simulator.conda.packages import (
    Interpreter,
    Package,
    compiled,
    from_wheel,
    local_interpreter,
    module,
    thin_python,
    wheel_of,
)

TORCH = """
__version__ = "2.13.0"
CUDA = {cuda!r}
class version: cuda = CUDA
def count():
    listed = __import__("subprocess").run(["nvidia-smi", "-L"], capture_output=True, text=True).stdout
    return max(1, sum(line.startswith("GPU ") for line in listed.splitlines()))
class cuda:
    is_available = staticmethod(lambda: bool(CUDA))
    device_count = staticmethod(count)
    get_device_name = staticmethod(lambda number=0: "Stub GPU")
class ones:
    def __init__(self, rows, columns, device): self.value = rows * columns
    def __matmul__(self, other): return self
    def sum(self): return self.value ** 1.5
def __getattr__(name): raise AttributeError("this torch is a stand-in: it has no " + name)
"""


def torch(cuda: str | None, interpreter: Interpreter) -> Package:
    """Return a stub of torch for one CUDA (preferred where `__cuda` allows it), or for none."""
    package = module("torch", "2.13.0", source=TORCH.format(cuda=cuda))
    package.name, package.noarch = "pytorch", None
    package.build, package.build_number = (f"cuda{cuda.replace('.', '')}_0", 200) if cuda else ("cpu_0", 0)
    package.depends = [f"python {interpreter.minor}.*"] + ([f"__cuda >={cuda.split('.')[0]}"] if cuda else [])
    package.files = {f"lib/python{interpreter.minor}/{name}": data for name, data in package.files.items()}
    return package


def packages(interpreter: Interpreter) -> list[Package]:
    """Return all that the channel holds."""
    # Debian keeps the wheels of ensurepip elsewhere, and says where
    elsewhere = sysconfig.get_config_var("WHEEL_PKG_DIR")
    bundled = Path(elsewhere) if elsewhere else Path(ensurepip.__file__).parent / "_bundled"
    broken = module("brokenimport", "1.0", source="import a_module_that_nobody_has\n")
    pip = from_wheel(next(bundled.glob("pip-*.whl")))
    if interpreter == local_interpreter():  # no other can be compiled for; there pip compiles itself at first
        pip = compiled(pip)
    found = [thin_python(interpreter), pip, broken]
    found += [module("tinylib", version) for version in ("1.0", "1.1")]
    found += [module("tinyapp", "2.0", depends=["tinylib >=1.0"]), module("extra", "3.0")]
    return [*found, torch(None, interpreter), torch("12.4", interpreter)]


def build(channel: Path, wheels: Path, interpreter: Interpreter) -> None:
    """Write and index the channel, and a simple index with one wheel for pip."""
    for package in packages(interpreter):
        package.write(channel)
    asyncio.run(index_fs(channel, force=True))
    folder = wheels / "frompip"
    folder.mkdir(parents=True)
    links = [wheel_of(module("frompip", version), folder).name for version in ("1.0", "1.1")]
    (folder / "index.html").write_text("".join(f'<a href="{name}">{name}</a>\n' for name in links))


if __name__ == "__main__":
    local = local_interpreter()
    there = dict(zip(("exe", "version"), sys.argv[3:], strict=False))
    build(Path(sys.argv[1]), Path(sys.argv[2]), replace(local, **there))
    sys.stdout.flush()
    os._exit(0)
