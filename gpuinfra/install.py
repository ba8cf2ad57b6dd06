"""Set-up: what must be on this machine before anything of ours can run.

It runs before .venv exists: it imports the standard library, and of ours only what does the same, once
`find_python` has found a Python that understands it. A marker holds a hash of what went in, so that a second
call takes milliseconds.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV, MARKER = ROOT / ".venv", "gpuinfra-lock.sha256"
OLDEST, NEWER = (3, 11), ("python3.14", "python3.13", "python3.12", "python3.11")
COMES = {
    "demo": "then a host is made, used and removed against a simulated AWS on this machine (about 2 minutes)",
    "test": "then all tests run (more than half an hour on two cores)",
}


def main(argv: list[str]) -> int:
    """Set up the tool, and what the argument is for: `demo`, `test`, or `checkov`, the policy scanner."""
    goal = argv[0] if argv else ""
    try:
        python = find_python()
        if python != sys.executable:  # all that follows may use today's Python
            return subprocess.run([python, "-m", "gpuinfra.install", *argv], cwd=ROOT, check=False).returncode
        return set_up(goal)
    except SetupError as error:
        say(f"error: {error}")
        return 2
    except subprocess.CalledProcessError as error:  # it has said why
        say(f"error: exit code {error.returncode}: {shlex.join(error.cmd)}")
        return 2
    except KeyboardInterrupt:
        say("\nstopped; the same command goes on from here")
        return 130


def set_up(goal: str) -> int:
    """Make what is not there yet: programs first, for they may need an answer; then what takes minutes."""
    from gpuinfra.simulator import programs

    is_new = not (VENV / MARKER).exists()
    if is_new and goal in COMES:
        say("First the set-up (once, 2 or 3 minutes): Python packages, Terraform, an image for hosts;")
        say(COMES[goal] + ".")
    with _lock("programs"):  # `make -j` sets up several times at once; apt refuses a second one
        programs.install(lacking(goal, is_new=is_new), programs.ProgramHost(), say)
    make_venv(sys.executable, VENV, ROOT / "requirements.lock", project=ROOT)
    make_lean(VENV / "bin" / "gpuinfra")
    ours = [str(VENV / "bin" / "python"), "-m"]
    terraform = [*ours, "gpuinfra.tools.terraform.binary", str(ROOT / ".tools")]
    if code := subprocess.run(terraform, cwd=ROOT, check=False).returncode:
        return code  # it has said why
    if goal in ("checkov", "test"):
        make_venv(sys.executable, ROOT / ".tools" / "checkov", ROOT / "requirements-checkov.lock")
    if goal == "test":  # now, told, and not while the first test waits for it
        make_image(ours)
    return 0


class SetupError(Exception):
    """Something on this machine keeps set-up from working."""


def find_python() -> str:
    """Return a Python that is new enough: the one running this, else one on PATH."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for name in NEWER:
        found = shutil.which(name)
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            return found
    seen = ".".join(map(str, sys.version_info[:3]))
    raise SetupError(
        f"gpuinfra needs Python 3.11 or newer; python3 is {seen} and there is no python3.11 to python3.14"
        "\n  next: install one (your package manager, pyenv or uv), then: make setup"
    )


def lacking(goal: str, *, is_new: bool) -> dict[str, str]:
    """Return the programs that this goal needs and that are not there, each with its Debian package."""
    from gpuinfra.simulator.programs import missing_here

    programs = missing_here(tests=goal == "test") if goal in COMES else {}
    if is_new and not can_make_venv():
        programs["python3-venv"] = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    return programs


def can_make_venv() -> bool:
    """Tell whether this Python has what `python -m venv` needs; Debian has that in a package of its own."""
    importlib.invalidate_caches()  # it may have been installed just now
    return importlib.util.find_spec("ensurepip") is not None


def make_venv(python: str, venv: Path, lock: Path, project: Path | None = None) -> None:
    """Make a virtual environment that holds exactly what the lock names, every file's hash checked."""
    from gpuinfra.ground.ticker import ticking

    marker = venv / MARKER
    parts = [
        lock.read_bytes(),
        (project / "pyproject.toml").read_bytes() if project else b"",
        str(venv).encode(),
    ]
    wanted = hashlib.sha256(b"\0".join(parts)).hexdigest()
    if _is_made(marker, wanted):
        return
    if not can_make_venv():
        raise SetupError("Python cannot make a virtual environment here: python3-venv is missing")
    with ticking(f"setting up {venv.relative_to(ROOT)} (once, about a minute)"), _lock(venv.name):
        if not _is_made(marker, wanted):
            _fill_venv(python, venv, lock, project)
            marker.write_text(wanted)


@contextmanager
def _lock(name: str) -> Iterator[None]:
    """Let one set-up at a time do this; the others wait, and then find it done."""
    (ROOT / ".tools").mkdir(exist_ok=True)
    with (ROOT / ".tools" / f"{name}.lock").open("w") as mine:
        fcntl.flock(mine, fcntl.LOCK_EX)
        yield


def _is_made(marker: Path, wanted: str) -> bool:
    return marker.exists() and marker.read_text() == wanted


def _fill_venv(python: str, venv: Path, lock: Path, project: Path | None) -> None:
    if not (venv / "bin" / "pip").exists():  # else brought up to the lock: it may be in use just now
        subprocess.run([python, "-m", "venv", str(venv)], check=True)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    hashed = [*pip, "--require-hashes", "-r"]
    if project:
        # python-terraform comes as source. What builds it is that of the lock, installed first: in a build
        # of its own pip would fetch it anew, whatever its hash.
        subprocess.run([*hashed, "/dev/stdin"], input=builder(lock.read_text()), text=True, check=True)
        with_builder = {**os.environ, "PIP_USE_PEP517": "1"}
        subprocess.run([*hashed, str(lock), "--no-build-isolation"], env=with_builder, check=True)
        # "compat" is a plain path entry; the default hook costs every Python of the venv 25 ms at its start
        editable = ["--no-deps", "--no-build-isolation", "--config-settings", "editable_mode=compat"]
        subprocess.run([*pip, *editable, "--editable", str(project)], check=True)
    else:  # checkov is started rarely, ours often: its bytecode can wait until then
        subprocess.run([*hashed, str(lock), "--no-compile"], check=True)


def builder(lock: str) -> str:
    """Return the lines of a lock that name what builds packages, with its hashes."""
    lines = lock.splitlines(keepends=True)
    start = next(at for at, line in enumerate(lines) if line.startswith("setuptools=="))
    end = next(at for at in range(start, len(lines)) if not lines[at].rstrip().endswith("\\"))
    return "".join(lines[start : end + 1])


def make_image(ours: list[str]) -> None:
    """Make the image of the simulated hosts where hosts can boot; the tests say it where they cannot."""
    lab = [*ours, "gpuinfra.simulator", "lab"]
    if subprocess.run([*lab, "--check"], cwd=ROOT, capture_output=True, check=False).returncode == 0:
        subprocess.run([*lab, "--build"], cwd=ROOT, stdout=subprocess.DEVNULL, check=False)


def make_lean(script: Path) -> None:
    """Take `import re` out of the start script that pip wrote: a third of the time of `gpuinfra ip`."""
    interpreter, *rest = script.read_text(encoding="utf-8").splitlines()
    if interpreter.endswith("python") and any(line.startswith("import re") for line in rest):
        lean = [interpreter, "import sys", "from gpuinfra.__main__ import main", "sys.exit(main())", ""]
        draft = script.with_name(f".{script.name}.{os.getpid()}.new")  # make -j sets up twice at a time
        draft.write_text("\n".join(lean), encoding="utf-8")
        draft.chmod(script.stat().st_mode)
        draft.replace(script)


def say(text: str) -> None:
    """Tell one line."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
