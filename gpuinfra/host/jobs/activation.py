"""What `conda activate` makes of an environment: asked of bash once, then read from a file.

Real conda takes a third of a second for it, and each `run` would wait. The record is made anew when what
decides it has changed: packages, activation scripts, variables.
"""

from __future__ import annotations

import os

from gpuinfra.host import lean_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Record = dict[str, Any]

DIRECTORY = "~/.cache/gpuinfra/activation"
# Below an environment: what packages and `variables:` leave there.
DECIDED_BY = ("conda-meta/history", "conda-meta/state", "etc/conda/activate.d", "etc/conda/env_vars.d")
CAPTURE = '. "$1/etc/profile.d/conda.sh" >/dev/null && conda activate "$2" >/dev/null && exec env -0'
CAPTURE_S = 60.0
# Of the shell that was asked, not of the environment.
_NOT_KEPT = ("PATH", "PS1", "PWD", "OLDPWD", "SHLVL", "_")
# conda.sh is read at the first use only: most scripts never say conda.
_BASH_ENV = """# Written by gpuinfra: bash reads it before each script, for `conda activate NAME` there.
conda() { unset -f conda; . '%s/etc/profile.d/conda.sh' && conda "$@"; }
"""
# `source activate NAME` looks for it on PATH.
_ACTIVATE = """# Written by gpuinfra, as conda's own.
. '%s/etc/profile.d/conda.sh' && conda %s "$@"
"""


def of(prefix: str, path: str) -> Record:
    """Return what activation sets, and what it puts before and after this PATH; empty where it fails."""
    file = os.path.join(os.path.expanduser(DIRECTORY), f"{prefix.replace('/', '%')}.json")
    stamp = _stamp(prefix)
    try:
        with open(file, "rb") as held:
            record: Record = lean_json.loads(held.read())
        if record["stamp"] == stamp and os.path.exists(record["set"].get("BASH_ENV", "/")):
            return record
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # not there yet, or cut off
    made = {**_captured(prefix, path), "stamp": stamp}
    if made["set"]:  # what has failed may be mended, and is asked for again
        try:
            _write(file, lean_json.dumps(made))
        except OSError:  # a full disk must not keep anybody from clearing it
            pass
    return made


def applied(base: Mapping[str, str], record: Record, *, path: str) -> dict[str, str]:
    """Return an environment of variables with the activation in it."""
    parts = [*record.get("before", ()), path, *record.get("after", ())]
    return {**base, **record["set"], "PATH": ":".join(parts)}


def _captured(prefix: str, path: str) -> Record:
    import subprocess

    conda = os.path.dirname(os.path.dirname(prefix))
    known = {name: os.environ[name] for name in ("HOME", "USER", "LOGNAME", "LANG") if name in os.environ}
    base = {**known, "PATH": path}
    argv = ["bash", "-c", CAPTURE, "bash", conda, prefix]
    try:
        done = subprocess.run(
            argv, env=base, stdin=subprocess.DEVNULL, capture_output=True, timeout=CAPTURE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return {"set": {}}
    if done.returncode:
        return {"set": {}}
    text = done.stdout.decode("utf-8", "surrogateescape")
    found = dict(entry.split("=", 1) for entry in text.split("\0") if "=" in entry)
    kept = {k: v for k, v in found.items() if k not in _NOT_KEPT and base.get(k) != v}
    before, after = _around(found.get("PATH", "").split(":"), path.split(":"))
    try:
        helpers = _helpers(conda)
    except OSError:
        return {"set": kept, "before": before, "after": after}
    return {"set": {**kept, "BASH_ENV": f"{helpers}/bash_env"}, "before": before, "after": [*after, helpers]}


def _around(path: list[str], own: list[str]) -> tuple[list[str], list[str]]:
    """Return what stands before and after the user's own PATH in a longer one."""
    new = [(at, part) for at, part in enumerate(path) if part not in own]
    first = next((at for at, part in enumerate(path) if part in own), len(path))
    return [part for at, part in new if at < first], [part for at, part in new if at > first]


def _helpers(conda: str) -> str:
    """Write what makes conda's words work in scripts; return where it is: on PATH, last."""
    directory = os.path.join(os.path.expanduser(DIRECTORY), conda.replace("/", "%"))
    _write(f"{directory}/bash_env", _BASH_ENV % conda)
    for name in ("activate", "deactivate"):
        _write(f"{directory}/{name}", _ACTIVATE % (conda, name))
    return directory


def _stamp(prefix: str) -> str:
    """Return what changes with all that decides an activation."""
    found = []
    for name in DECIDED_BY:
        path = f"{prefix}/{name}"
        try:
            found.append(f"{name} {os.stat(path).st_mtime_ns}")
            if not name.startswith("conda-meta"):
                with os.scandir(path) as entries:
                    found += sorted(f"{e.name} {e.stat().st_mtime_ns}" for e in entries)
        except OSError:
            found.append(name)
    return "\n".join(found)


def _write(path: str, text: str) -> None:
    """Write a file in one step: two runs may do it at once."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    draft = f"{path}.{os.getpid()}"
    with open(draft, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    os.replace(draft, path)
