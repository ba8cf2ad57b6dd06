"""On the host: build an environment beside the one in use, prove it, then switch to it. Standard library.
One file, over 200 lines: it is copied to where a boot finds it.

    sudo python3 env_apply.py start SHA256    takes JSON by stdin (features/boot/parcel.py), prints JSON
    python3 env_apply.py build                the unit: the bootstrap's steps, over a state of their own
    python3 env_apply.py finish               at a boot, before the bootstrap: end a switch that was cut off

The environment in use is not touched before the file `proven` is there. From then on the new one is that of
the host, whoever dies meanwhile: all that follows may be done twice.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pwd
import shlex
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

UNIT = "gpuinfra-env-apply.service"
ROOT = Path(os.environ.get("GPUINFRA_ROOT") or "/")  # moved by tests
STATE, CONF, PROGRAMS = ROOT / "var/lib/gpuinfra", ROOT / "etc/gpuinfra", ROOT / "usr/local/lib/gpuinfra"
WORK = STATE / "apply"
PROVEN, PREFIX, BEFORE, DIGEST = (WORK / name for name in ("proven", "prefix", "before", "sha256"))
OLD = STATE / "old-environments"  # of ours, no longer used for anything new: inode and prefix, one a line
# Of the bootstrap's state: what holds for the new environment, too, and what is taken back from it.
SHARED = ("installing", "gpu", "gpu-count", "gpu-sold", "cuda")
SHARED_STEPS = ("gpu", "apt", "download", "install", "configure", "startup")
TAKEN = (*SHARED, "made", "made-for-cpu", "verify.json", "env.explicit.txt", "env/lock.txt")
OPTIONAL = ("requirements.txt", "conda.lock", "startup")
STARTUP = "startup"
# Before each bootstrap, which is the first thing at a boot that looks at the environment.
AT_BOOT = """[Service]
ExecStartPre=/bin/sh -c '[ ! -e {proven} ] || exec /usr/bin/python3 -I {program} finish'
"""
DROP_IN = ROOT / "etc/systemd/system/gpuinfra-bootstrap.service.d/env-apply.conf"


def start(sha256: str) -> dict[str, str]:
    """Take the files and start the unit; return what became of it."""
    data = sys.stdin.buffer.read()
    if hashlib.sha256(data).hexdigest() != sha256:
        return {"state": "damaged"}
    parcel = json.loads(data)
    if not at_work():
        if PROVEN.exists():  # an earlier one was cut off in its last step
            switch()
        if in_use(parcel["conf"]):  # since the laptop looked: sent by one that was killed, it may come late
            return {"state": "current"}
    with locked(wait=False) as held:
        if at_work():
            return {"state": "running" if read(DIGEST) == sha256 else "busy"}
        if not held:
            return {"state": "busy"}
        unpack(parcel)
        write(DIGEST, sha256)
        return {"state": start_unit()}


def start_unit() -> str:
    """Start the build where no session's end can touch it; return what became of it."""
    # one whose bootstrap fails again and again is helped by other files
    run("systemctl", "stop", "gpuinfra-bootstrap.service")
    options = ("--property=Type=oneshot", "--property=TimeoutStartSec=3h", "--no-block")
    program = ("/usr/bin/python3", "-I", str(WORK / "env_apply.py"), "build")
    done = run("systemd-run", "--quiet", "--collect", f"--unit={UNIT}", *options, *program)
    return f"not started: {done.stderr.strip()}" if done.returncode else "started"


def build() -> int:
    """Run the bootstrap over the new files; switch if all its steps have passed; return its exit code."""
    with locked(wait=True):
        sweep()
        prefix = choose(json.loads(read(WORK / "values.json")))
        write(PREFIX, str(prefix))
        write(BEFORE, str(status().get("prefix", "")))
        code = bootstrap(WORK / "scripts", WORK / "conf", STATE_DIR=str(WORK / "state"))
        if code:
            shutil.rmtree(prefix, ignore_errors=True)
            PREFIX.unlink()
            return code
        write(DROP_IN, AT_BOOT.format(proven=PROVEN, program=WORK / "env_apply.py"))
        os.sync()
        write(PROVEN, str(prefix))
    return switch()


def switch() -> int:
    """Make the proven environment the one that is used; return the bootstrap's exit code."""
    put_in_place()
    # only the shells are left to do; then its status names the new environment: run, job and jupyter take it
    code = bootstrap(PROGRAMS, CONF)
    if not code:
        end()
    return code


def finish() -> int:
    """Do the same at a boot, where the bootstrap follows by itself."""
    if PROVEN.exists():
        put_in_place()
        end()
    return 0


def put_in_place() -> None:
    """Give the host's bootstrap the new files, and its state what was done for them."""
    for file in sorted((WORK / "conf").iterdir()):
        copy(file, CONF / file.name)
    for name in OPTIONAL:
        if not (WORK / "conf" / name).exists():
            (CONF / name).unlink(missing_ok=True)
    for name in TAKEN:
        if (WORK / "state" / name).exists():
            copy(WORK / "state" / name, STATE / name)
        else:
            (STATE / name).unlink(missing_ok=True)
    for marker in (WORK / "state/steps").iterdir():
        copy(marker, STATE / "steps" / marker.name)
    if read(BEFORE) not in ("", read(PROVEN)):
        retire(read(BEFORE))


def end() -> None:
    """Forget that a switch is under way."""
    os.sync()
    PREFIX.unlink(missing_ok=True)
    PROVEN.unlink()


def unpack(parcel: dict[str, Any]) -> None:
    """Lay out the files, and a state in which conda is there; an unfinished build is old from now on."""
    if leftover := read(PREFIX):
        retire(leftover)
    shutil.rmtree(WORK, ignore_errors=True)
    conf = {name: text.encode() for name, text in parcel["conf"].items()}
    if (STATE / "steps" / STARTUP).exists():  # it has run: once is its promise
        conf.pop(STARTUP, None)
        if (CONF / STARTUP).exists():
            conf[STARTUP] = (CONF / STARTUP).read_bytes()
    for name, data in conf.items():
        write(WORK / "conf" / name, data, mode=0o755 if name == STARTUP else 0o644)
    for name, text in parcel["scripts"].items():
        write(WORK / "scripts" / name, text)
    for name in (*SHARED, *(f"steps/{step}" for step in SHARED_STEPS)):
        if (STATE / name).exists():
            copy(STATE / name, WORK / "state" / name)
    write(WORK / "values.json", json.dumps(parcel["values"]))
    copy(Path(__file__), WORK / "env_apply.py")


def choose(values: dict[str, str]) -> Path:
    """Give the new environment the first free name of NAME, NAME-2 ..., and write the bootstrap's values."""
    words = shlex.split(read(CONF / "bootstrap.env"))
    own = dict(word.split("=", 1) for word in words)
    home = own.get("LOGIN_HOME") or pwd.getpwnam(own["LOGIN_USER"]).pw_dir
    envs, name, number = Path(home, f"{own['INSTALLER']}3", "envs"), values["ENV_NAME"], 1
    while os.path.lexists(envs / name):
        number += 1
        name = f"{values['ENV_NAME']}-{number}"
    new = {**own, **values, "ENV_NAME": name, "LOCK_SHA256": ""}
    text = "".join(f"{key}={shlex.quote(value)}\n" for key, value in new.items())
    write(WORK / "conf/bootstrap.env", text, mode=0o600)
    return envs / name


def sweep() -> None:
    """Delete old environments that no process uses."""
    kept = []
    for line in filter(None, read(OLD).split("\n")):
        inode, prefix = line.split(" ", 1)
        # another one of this name is somebody's own
        is_ours = inode == inode_of(prefix) and prefix != status().get("prefix")
        if is_ours and is_used(prefix):
            kept.append(line)
        elif is_ours:
            shutil.rmtree(prefix, ignore_errors=True)
    write(OLD, "\n".join(kept))


def is_used(prefix: str) -> bool:
    """Tell whether a program of this environment runs, or one that was started in it."""
    inside, variable = f"{prefix}/".encode(), f"CONDA_PREFIX={prefix}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            words = (process / "cmdline").read_bytes().split(b"\0")
            if any(word.startswith(inside) for word in words):
                return True
            if variable in (process / "environ").read_bytes().split(b"\0"):
                return True
            if bytes((process / "exe").readlink()).startswith(inside):
                return True
    return False


def retire(prefix: str) -> None:
    """Note an environment of ours as old."""
    known = read(OLD).split("\n")
    write(OLD, "\n".join(filter(None, dict.fromkeys([*known, f"{inode_of(prefix)} {prefix}"]))))


def inode_of(prefix: str) -> str:
    """Return what tells a directory from a later one of its name; empty where there is none."""
    return str(Path(prefix).stat().st_ino) if Path(prefix).is_dir() else ""


def in_use(conf: dict[str, str]) -> bool:
    """Tell whether the host has these files already, and is ready with them."""
    names = {*conf, *OPTIONAL} - {STARTUP}
    return status().get("state") == "done" and all(read(CONF / n) == conf.get(n, "") for n in names)


def status() -> dict[str, Any]:
    """Return what the bootstrap of the environment in use says."""
    found: dict[str, Any] = json.loads(read(STATE / "status.json") or "{}")
    return found


def bootstrap(scripts: Path, conf: Path, **values: str) -> int:
    """Run a bootstrap over these files; return its exit code."""
    argv = ["/bin/bash", str(scripts / "bootstrap.sh"), str(conf / "bootstrap.env")]
    # its words go to the journal: stdout is for the laptop
    return subprocess.run(argv, env={**os.environ, **values}, stdout=2, check=False).returncode


def at_work() -> bool:
    """Tell whether a build runs."""
    return run("systemctl", "show", "--property=SubState", "--value", UNIT).stdout.strip() == "start"


@contextmanager
def locked(*, wait: bool) -> Iterator[bool]:
    """Hold the bootstrap's own lock: two never meet. Tell whether it was to be had."""
    with (STATE / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True


def read(path: Path) -> str:
    """Return a file's text, empty when there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def write(path: Path, content: str | bytes, *, mode: int = 0o644) -> None:
    """Write a file in one step, on the disk before its name is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
        file.flush()
        os.fsync(handle)
    draft.chmod(mode)
    draft.replace(path)


def copy(source: Path, target: Path) -> None:
    """Copy a file in one step."""
    write(target, source.read_bytes(), mode=source.stat().st_mode & 0o777)


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    """Run a command quietly."""
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    if sys.argv[1] == "start":
        sys.stdout.write(json.dumps(start(sys.argv[2])) + "\n")
    else:
        sys.exit(build() if sys.argv[1] == "build" else finish())
