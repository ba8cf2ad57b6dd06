"""Where and with what a command runs: the project directory, the conda environment, which program it is."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from gpuinfra.host.jobs.job_store import JobError

STATUS_FILE = "/var/lib/gpuinfra/status.json"
SCRIPTS = (".py", ".sh")
PYTHONS = ("python", "python3")  # a script behind it is looked for first: who forgot to sync is told so
SHELL_SIGNS = set(" \t\n|&;<>()$`*?~#")
# What belongs to one ssh session, or to us.
_NOT_OURS = ("SSH_", "GPUINFRA_", "PYTHONPATH", "XDG_SESSION", "XDG_RUNTIME_DIR", "SHLVL", "OLDPWD", "_=")


def conda(flags: str, status_file: str = STATUS_FILE) -> tuple[str, str]:
    """Return the prefix and the name of the conda environment; refused while there is none."""
    try:
        status = json.loads(Path(status_file).read_text(encoding="utf-8"))
        prefix, name = str(status["prefix"]), str(status["environment"])
    except (OSError, ValueError, KeyError):
        prefix = name = ""
    if not prefix or not os.access(f"{prefix}/bin/python", os.X_OK):
        raise JobError(
            "the host's conda environment is not there yet", f"gpuinfra status --watch{flags}", code=5
        )
    return prefix, name


def process_env(
    base: Mapping[str, str], given: Mapping[str, str], *, prefix: str, name: str
) -> dict[str, str]:
    """Return the whole environment of a command; what the user gave has the last word."""
    kept = {k: v for k, v in base.items() if not f"{k}=".startswith(_NOT_OURS)}
    path = base.get("PATH") or "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    own = {"PATH": f"{prefix}/bin:{path}", "CONDA_PREFIX": prefix, "CONDA_DEFAULT_ENV": name}
    # Else what Python prints comes in blocks of 8 KB, and not at all from one that is killed.
    return {**kept, **own, "PYTHONUNBUFFERED": "1", **given}


def resolve_argv(words: Sequence[str], *, prefix: str, directory: Path, flags: str) -> list[str]:
    """Return the argv for what the user typed: a script, a program, or one line for the shell."""
    first, is_script = words[0], words[0].endswith(SCRIPTS)
    if is_script and os.access(f"{prefix}/bin/{first}", os.X_OK):
        return list(words)
    named = first if is_script else words[1] if first in PYTHONS and len(words) > 1 else ""
    if named.endswith(SCRIPTS) and not (directory / Path(named).expanduser()).is_file():
        raise JobError(
            f"there is no {named} in {directory} on the host", f"gpuinfra sync up{flags}", code=127
        )
    if is_script:
        program = [f"{prefix}/bin/python"] if first.endswith(".py") else ["bash"]
        return [*program, str(Path(first).expanduser()), *words[1:]]
    if len(words) == 1 and SHELL_SIGNS & set(first):
        return ["bash", "-c", first]
    return list(words)
