"""Where and with what a command runs: the project directory, the conda environment, which program it is."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from gpuinfra.host.jobs.store import Refused

STATUS_FILE = "/var/lib/gpuinfra/status.json"
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
        raise Refused(
            "the host's conda environment is not there yet", f"gpuinfra status --watch{flags}", code=5
        )
    return prefix, name


def variables(base: Mapping[str, str], given: Mapping[str, str], *, prefix: str, name: str) -> dict[str, str]:
    """Return the whole environment of a command; what the user gave has the last word."""
    kept = {k: v for k, v in base.items() if not f"{k}=".startswith(_NOT_OURS)}
    path = base.get("PATH") or "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    own = {"PATH": f"{prefix}/bin:{path}", "CONDA_PREFIX": prefix, "CONDA_DEFAULT_ENV": name}
    # Else what Python prints comes in blocks of 8 KB, and not at all from one that is killed.
    return {**kept, **own, "PYTHONUNBUFFERED": "1", **given}


def command(words: Sequence[str], *, prefix: str, directory: Path, flags: str) -> list[str]:
    """Return the argv for what the user typed: a script, a program, or one line for the shell."""
    first = words[0]
    if first.endswith((".py", ".sh")) and not os.access(f"{prefix}/bin/{first}", os.X_OK):
        script = Path(first).expanduser()
        if not (directory / script).is_file():
            raise Refused(
                f"there is no {first} in {directory} on the host", f"gpuinfra sync up{flags}", code=127
            )
        program = [f"{prefix}/bin/python"] if first.endswith(".py") else ["bash"]
        return [*program, str(script), *words[1:]]
    if len(words) == 1 and SHELL_SIGNS & set(first):
        return ["bash", "-c", first]
    return list(words)
