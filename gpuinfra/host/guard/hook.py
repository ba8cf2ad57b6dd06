"""The user's on_stop: as the login user, in the project's folder, in the conda environment, with a deadline.

It has a process group of its own. TERM comes before its deadline, KILL at it, for the whole group: a hook
that hangs cannot keep a host that costs money.
"""

from __future__ import annotations

import json
import os
import pwd
import shlex
import signal
import subprocess
import time
from contextlib import suppress

from gpuinfra.host.guard import events, kept, process_group

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

    from gpuinfra.host.guard.process_group import Tell

ROOT = os.environ.get("GPUINFRA_ROOT", "")  # moved by tests
CONF = f"{ROOT}/etc/gpuinfra"
FILE, LOG = f"{CONF}/on_stop", f"{ROOT}/var/lib/gpuinfra/on_stop.log"
STATUS_FILE = f"{ROOT}/var/lib/gpuinfra/status.json"
STARTED = f"{ROOT}/run/gpuinfra/on_stop.json"  # in memory: gone after a boot
TAIL_BYTES = 1500
MOST_LOG_BYTES = 4 * 1024 * 1024
# Real conda takes a third of a second; an environment that is broken must not keep the hook from running.
IN_ENVIRONMENT = """prefix=$1 hook=$2
[ -z "$prefix" ] || { . "${prefix%/envs/*}/etc/profile.d/conda.sh" && conda activate "$prefix"; }
if [ -x "$hook" ]; then exec "$hook"; fi
exec bash "$hook"
"""


def exists() -> bool:
    """Tell whether the user gave one."""
    return os.path.exists(FILE)


def run(*, reason: str, by: str, deadline_s: float, tell: Tell, is_drill: bool = False) -> dict[str, Any]:
    """Run it to its end, or to its deadline; return how it ended, in numbers and words."""
    began, at = time.monotonic(), _begin_log(f"{reason} ({by})")
    try:
        child = _start(reason=reason, by=by, deadline_s=deadline_s, is_drill=is_drill)
    except OSError as error:
        return {"exit_code": 127, "text": f"on_stop could not be started: {error.strerror or error}"}
    in_time = process_group.wait(child.pid, lambda: child.poll() is None, began, deadline_s, tell)
    code = child.wait()
    how = f"ended with exit code {code}" if in_time else f"was ended: it took longer than {deadline_s:.0f} s"
    seconds = round(time.monotonic() - began, 1)
    return {"exit_code": code, "seconds": seconds, "text": f"on_stop {how}", "output": _tail(at)}


def started() -> bool:
    """Tell whether it has been started since the boot, by an ending that may have been killed since."""
    return bool(kept.load(STARTED).get("pid"))


def take_over(*, tell: Tell) -> dict[str, Any]:
    """Wait for one that a killed ending has left running; its exit code is nobody's to know."""
    known = kept.load(STARTED)
    pid, deadline_s = int(known["pid"]), float(known["deadline_s"])
    began = time.monotonic() - (process_group.boot_time() - float(known["began_s"]))
    in_time = process_group.wait(
        pid, lambda: process_group.start_time(pid) == known["start_time"], began, deadline_s, tell
    )
    text = "on_stop went on when the ending before was killed, and ended" if in_time else "on_stop was ended"
    return {"exit_code": None, "seconds": round(time.monotonic() - began, 1), "text": text}


def forget() -> None:
    """Let the next ending run it anew."""
    with suppress(OSError):
        os.unlink(STARTED)


def settings() -> dict[str, str]:
    """Return what the host was told at its first boot."""
    try:
        with open(f"{CONF}/bootstrap.env", encoding="utf-8") as file:
            words = shlex.split(file.read())
    except (OSError, ValueError):
        return {}
    return dict(word.split("=", 1) for word in words if "=" in word)


def _start(*, reason: str, by: str, deadline_s: float, is_drill: bool) -> subprocess.Popen[bytes]:
    values = settings()
    user = _user(values.get("LOGIN_USER", ""))
    folder = os.path.join(user.pw_dir, values.get("PROJECT", ""))
    words = {"REASON": reason, "BY": by, "DEADLINE_S": f"{deadline_s:.0f}"}
    words |= {"DRILL": "1"} if is_drill else {}
    env = {
        "HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name, "SHELL": user.pw_shell,
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
        **{f"GPUINFRA_{name}": value for name, value in words.items()},
    }  # fmt: skip
    began_s = process_group.boot_time()

    def become() -> None:  # in the child: what is noted here has begun, for certain
        note = {"pid": os.getpid(), "start_time": process_group.start_time(os.getpid())}
        if not is_drill:  # an ending that comes meanwhile runs its own
            _write(STARTED, {**note, "deadline_s": deadline_s, "began_s": began_s})
        signal.pthread_sigmask(signal.SIG_SETMASK, ())  # the guard blocks one, and is spared by the kernel
        with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("0")
        if os.geteuid() == 0:
            os.initgroups(user.pw_name, user.pw_gid)
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        with suppress(OSError):
            os.chdir(folder if os.path.isdir(folder) else user.pw_dir)

    with _log() as output:
        return subprocess.Popen(
            _argv(), env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=become,
        )  # fmt: skip


def _argv() -> list[str]:
    prefix = str(kept.load(STATUS_FILE).get("prefix") or "")
    return ["bash", "-c", IN_ENVIRONMENT, "on_stop", prefix, FILE]


def _user(name: str) -> pwd.struct_passwd:
    """Return the login user; where none is known, who we are."""
    try:
        return pwd.getpwnam(name)
    except (KeyError, TypeError):
        return pwd.getpwuid(os.getuid())


def _begin_log(title: str) -> int:
    """Begin the log anew where it is long, write a title; return where what follows begins."""
    try:
        os.makedirs(os.path.dirname(LOG), exist_ok=True)
        is_long = os.path.exists(LOG) and os.path.getsize(LOG) > MOST_LOG_BYTES
        with open(LOG, "wb" if is_long else "ab") as file:
            file.write(f"--- {events.now()} {title}\n".encode())
        return os.path.getsize(LOG)
    except OSError:
        return 0


def _log() -> IO[bytes]:
    """Return the log; where it cannot be written, nothing is kept."""
    with suppress(OSError):
        return open(LOG, "ab")
    return open(os.devnull, "wb")


def _tail(begin: int) -> str:
    """Return the last of what the log has from there on."""
    try:
        with open(LOG, "rb") as file:
            file.seek(max(begin, os.path.getsize(LOG) - TAIL_BYTES))
            return file.read().decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _write(path: str, value: dict[str, Any]) -> None:
    with suppress(OSError), open(path, "w", encoding="utf-8") as file:
        json.dump(value, file)
