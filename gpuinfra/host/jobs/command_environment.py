"""Where and with what a command runs: the project directory, the conda environment, which program it is."""

from __future__ import annotations

import os

from gpuinfra.host import lean_json
from gpuinfra.host.jobs import activation
from gpuinfra.host.jobs.job_store import JobError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STATUS_FILE = "/var/lib/gpuinfra/status.json"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SCRIPTS = (".py", ".sh")
PYTHONS = ("python", "python3")  # a script behind it is looked for first: who forgot to sync is told so
SHELL_SIGNS = set(" \t\n|&;<>()$`*?~#")
# What belongs to one ssh session, or to us.
_NOT_OURS = ("SSH_", "GPUINFRA_", "PYTHONPATH", "XDG_SESSION", "XDG_RUNTIME_DIR", "SHLVL", "OLDPWD", "_=")


def conda(flags: str, status_file: str = STATUS_FILE) -> tuple[str, str]:
    """Return the prefix and the name of the conda environment; refused while there is none."""
    try:
        with open(status_file, "rb") as file:
            status = lean_json.loads(file.read())
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
    """Return the whole environment of a command, activated; what the user gave has the last word."""
    kept = {k: v for k, v in base.items() if not f"{k}=".startswith(_NOT_OURS)}
    path = base.get("PATH") or SYSTEM_PATH
    found = activated(kept, prefix=prefix, name=name, path=path)
    # Else what Python prints comes in blocks of 8 KB, and not at all from one that is killed.
    return {**found, "PYTHONUNBUFFERED": "1", **given}


def activated(base: Mapping[str, str], *, prefix: str, name: str, path: str) -> dict[str, str]:
    """Return these variables as `conda activate` leaves them; if it fails, with its name only."""
    record = activation.of(prefix, path)
    if not record["set"]:
        record = {"set": {}, "before": [f"{prefix}/bin"]}
    own = {"CONDA_PREFIX": prefix, "CONDA_DEFAULT_ENV": name}
    return {**activation.applied(base, record, path=path), **own}


def resolve_argv(words: Sequence[str], *, prefix: str, directory: str, flags: str) -> list[str]:
    """Return the argv for what the user typed: one line for the shell, a script, or a program."""
    first = words[0]
    if len(words) == 1 and _is_line(first, directory):
        return ["bash", "-c", first]
    is_script = first.endswith(SCRIPTS)
    if is_script and os.access(f"{prefix}/bin/{first}", os.X_OK):
        return list(words)
    named = first if is_script else words[1] if first in PYTHONS and len(words) > 1 else ""
    if named.endswith(SCRIPTS) and not os.path.isfile(os.path.join(directory, os.path.expanduser(named))):
        import shlex

        # a path that is named goes up though .gitignore names it, too
        hint = f"gpuinfra sync up{flags} {shlex.quote(named)}"
        raise JobError(f"there is no {named} in {directory} on the host", hint, code=127)
    if is_script:
        program = [f"{prefix}/bin/python"] if first.endswith(".py") else ["bash"]
        return [*program, os.path.expanduser(first), *words[1:]]
    return list(words)


def _is_line(word: str, directory: str) -> bool:
    """Tell whether a single word is a line for the shell, and not a script whose name has such signs."""
    path = os.path.expanduser(word)
    signs = SHELL_SIGNS & set(path if word.endswith(SCRIPTS) else word)
    return bool(signs) and not os.path.isfile(os.path.join(directory, path))


def as_typed(words: Sequence[str]) -> str:
    """Return a command as one line, as shlex.join does."""
    if not words[1:]:
        return words[0]
    return " ".join(word if _is_plain(word) else "'" + word.replace("'", "'\"'\"'") + "'" for word in words)


def _is_plain(word: str) -> bool:
    rest = word.translate(dict.fromkeys(map(ord, "_@%+=:,./-")))
    return bool(word) and word.isascii() and (not rest or rest.isalnum())
