"""`make setup`: build .venv and find or fetch Terraform. Standard library only: it runs before .venv exists.

Idempotent: a marker holds a hash of what went in, so a second call takes milliseconds.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWER = (3, 11), ("python3.14", "python3.13", "python3.12", "python3.11")


def main(argv: list[str]) -> int:
    """Set up what the arguments name: nothing for the tool itself, `checkov` for the policy scanner."""
    try:
        python = find_python()
        if "checkov" in argv:
            make_venv(python, ROOT / ".tools" / "checkov", ROOT / "requirements-checkov.lock")
            return 0
        venv = ROOT / ".venv"
        make_venv(python, venv, ROOT / "requirements.lock", project=ROOT)
        make_lean(venv / "bin" / "gpuinfra")
        ensure = [str(venv / "bin" / "python"), "-m", "gpuinfra.tools.terraform.binary", str(ROOT / ".tools")]
        return subprocess.run(ensure, cwd=ROOT, check=False).returncode
    except (SetupError, subprocess.CalledProcessError) as error:
        say(f"error: {error}")
        return 2


class SetupError(Exception):
    """Something on this machine keeps set-up from working."""


def find_python() -> str:
    """Return a Python that is new enough: the one running this, else one on PATH."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for name in NEWER:
        found = shutil.which(name)
        if found:
            return found
    seen = ".".join(map(str, sys.version_info[:3]))
    raise SetupError(
        f"gpuinfra needs Python 3.11 or newer; python3 is {seen} and there is no python3.11 to python3.14"
        "\n  next: install one (your package manager, pyenv or uv), then: make setup"
    )


def make_venv(python: str, venv: Path, lock: Path, project: Path | None = None) -> None:
    """Make a virtual environment that holds exactly what the lock names, every file's hash checked."""
    marker = venv / "gpuinfra-lock.sha256"
    parts = [
        lock.read_bytes(),
        (project / "pyproject.toml").read_bytes() if project else b"",
        str(venv).encode(),
    ]
    wanted = hashlib.sha256(b"\0".join(parts)).hexdigest()
    if marker.exists() and marker.read_text() == wanted:
        return
    say(f"setting up {venv.relative_to(ROOT)} (about a minute, once) ...")
    if not (venv / "bin" / "python").exists():  # else brought up to the lock: it may be in use just now
        subprocess.run([python, "-m", "venv", str(venv)], check=True)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True)
    if project:
        # "compat" is a plain path entry; the default hook costs every Python of the venv 25 ms at its start
        editable = ["--no-deps", "--no-build-isolation", "--config-settings", "editable_mode=compat"]
        subprocess.run([*pip, *editable, "--editable", str(project)], check=True)
    marker.write_text(wanted)


def make_lean(script: Path) -> None:
    """Take `import re` out of the start script that pip wrote: a third of the time of `gpuinfra ip`."""
    interpreter, *rest = script.read_text(encoding="utf-8").splitlines()
    if interpreter.endswith("python") and any(line.startswith("import re") for line in rest):
        lean = [interpreter, "import sys", "from gpuinfra.__main__ import main", "sys.exit(main())", ""]
        draft = script.with_name(f".{script.name}.new")
        draft.write_text("\n".join(lean), encoding="utf-8")
        draft.chmod(script.stat().st_mode)
        draft.replace(script)


def say(text: str) -> None:
    """Tell one line."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
