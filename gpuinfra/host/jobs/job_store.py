"""What is kept of each job, in a folder of its own: what was asked, its log, its end. And the one list."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from gpuinfra.host.jobs.clock import boot_id, booted, iso, now, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KEEP = 100  # ended jobs
START_S = 20.0  # a job without a supervisor for longer than that never got one


class JobError(Exception):
    """What cannot be done, in words for the user; `code` is the exit code."""

    def __init__(self, message: str, hint: str = "", code: int = 2) -> None:
        super().__init__(message)
        self.message, self.hint, self.code = message, hint, code


def home() -> Path:
    """Return where jobs are kept; GPUINFRA_JOBS moves it, for tests."""
    given = os.environ.get("GPUINFRA_JOBS")
    return Path(given) if given else Path.home() / ".local/share/gpuinfra/jobs"


class JobDirectory:
    """One job's folder."""

    def __init__(self, job_id: str) -> None:
        self.id = job_id
        self.path = home() / job_id

    @property
    def log(self) -> Path:
        """All that the job has printed."""
        return self.path / "log"

    @property
    def socket(self) -> Path:
        """Where its supervisor listens."""
        return self.path / "socket"

    def create(self, asked: dict[str, Any]) -> None:
        """Make the folder; only its owner may look into it."""
        home().mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self.path.mkdir(mode=0o700)
        except FileExistsError:
            raise JobError(f"there is a job {self.id} already") from None
        try:
            self.write("job", {**asked, "id": self.id, "created": now(), "boot_id": boot_id()})
        except OSError:
            self.remove()
            raise

    def write(self, name: str, value: dict[str, Any]) -> None:
        """Write a small file in one step, for its owner only."""
        new = self.path / f".{name}.new"
        new.touch(mode=0o600)
        new.write_text(json.dumps(value), encoding="utf-8")
        new.replace(self.path / f"{name}.json")

    def note(self, name: str, value: dict[str, Any]) -> None:
        """Write what is good to know, if there is room for it: a full disk must not end a job."""
        with contextlib.suppress(OSError):
            self.write(name, value)

    def read(self, name: str) -> dict[str, Any]:
        """Read a small file; one that is not there, or broken by a power cut, holds nothing."""
        try:
            found = json.loads((self.path / f"{name}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def take(self, name: str) -> dict[str, Any]:
        """Read a small file and delete it: what is secret does not stay."""
        found = self.read(name)
        (self.path / f"{name}.json").unlink(missing_ok=True)
        return found

    def hold(self) -> int:
        """Hold the lock that says that the supervisor lives; the kernel lets it go when that dies."""
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock

    def held(self) -> bool:
        """Tell whether a supervisor lives."""
        try:
            lock = os.open(self.path / "lock", os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(lock)
        return False

    def remove(self) -> None:
        """Delete it all."""
        import shutil  # 10 ms, that nobody waits for

        shutil.rmtree(self.path, ignore_errors=True)

    def view(self) -> dict[str, Any]:
        """Return the job as the list shows it."""
        asked, live = self.read("job"), self.held()
        ended = self.read("end")  # after the lock: it is written before that is let go
        state, reason = _state(asked, ended, live)
        return {
            **{name: asked.get(name) for name in ("id", "name", "kind", "command", "created")},
            **{name: asked.get(name) for name in ("time_limit_s", "then", "save", "tty")},
            "state": state,
            "exit_code": ended.get("exit_code"),
            "ended": ended.get("ended") or (iso(booted()) if state == "lost" and _rebooted(asked) else None),
            "reason": reason,
            "attached": live and bool(self.read("live").get("attached")),
        }


def _rebooted(asked: dict[str, Any]) -> bool:
    return bool(asked.get("boot_id") != boot_id())


def _state(asked: dict[str, Any], ended: dict[str, Any], live: bool) -> tuple[str, str]:
    if ended:
        return str(ended["state"]), str(ended.get("reason", ""))
    if live:
        return "running", ""
    if _rebooted(asked):
        return "lost", f"the host went down while it ran; it was booted again at {iso(booted())}"
    if time.time() - seconds(asked.get("created", "")) < START_S:
        return "starting", ""
    return "lost", "its supervisor was killed"


def folders() -> Iterator[JobDirectory]:
    """Yield all jobs, the oldest first."""
    found = [JobDirectory(path.parent.name) for path in home().glob("*/job.json")]
    yield from sorted(found, key=lambda f: (f.read("job").get("created", ""), f.log.parent.stat().st_ctime))


def find(wanted: str, flags: str = "") -> JobDirectory:
    """Return a job by id, or the newest of a name; without either the newest of all."""
    every = list(folders())
    for folder in reversed(every):
        if wanted in ("", folder.id) or wanted == folder.read("job").get("name"):
            return folder
    known = ", ".join(f.id for f in every[-10:])
    raise JobError(
        f"there is no job {wanted!r} on the host; there are: {known}"
        if known
        else "there is no job on the host",
        f"gpuinfra job list{flags}",
    )


def running(but: str = "") -> list[str]:
    """Return the ids of what runs now or is about to."""
    return [f.id for f in folders() if f.id != but and f.view()["state"] in ("running", "starting")]


def prune() -> None:
    """Forget the oldest of many ended jobs."""
    if home().exists() and len([*home().iterdir()]) > KEEP:
        for folder in list(folders())[:-KEEP]:
            if folder.view()["state"] not in ("running", "starting"):
                folder.remove()
