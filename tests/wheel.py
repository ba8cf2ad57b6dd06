"""The wheel, built as a release is, and installed into an empty virtual environment; no network."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("gpuinfra", "terraform", "cloud-init")
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "environment.yml", "test.py")


def build(scratch: Path) -> Path:
    """Build the wheel from a copy of the clone in which somebody has worked; return it."""
    source = scratch / "source"
    source.mkdir(parents=True)
    for name in PARTS:
        shutil.copytree(
            ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", ".terraform")
        )
    for name in FILES:
        shutil.copyfile(ROOT / name, source / name)
    for name in ("terraform.tfvars", "terraform.tfstate", "user-data.yaml.gz", "stacks/b/terraform.tfstate"):
        (source / "terraform" / name).parent.mkdir(parents=True, exist_ok=True)
        (source / "terraform" / name).write_text("private")
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--wheel-dir", str(scratch / "wheel"), str(source)], check=True)
    (wheel,) = (scratch / "wheel").glob("*.whl")
    return wheel


def install(wheel: Path, venv: Path) -> Path:
    """Install it into an empty environment, whose other packages are those of this one; return its bin."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    # a path there is not looked through for .pth files: our editable clone stays out
    (packages / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    pip = [sys.executable, "-m", "pip", "--python", str(venv / "bin/python"), "install", "-q"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--no-compile", str(wheel)], check=True)
    return venv / "bin"
