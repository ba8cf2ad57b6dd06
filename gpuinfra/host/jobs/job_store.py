"""What is kept of each job, in a directory of its own: the request, its log, its end.

job.json (the request), end.json (how it ended), live.json (whether a client is attached), save.json (how it
saved last while it went on), log, lock, socket: other versions of gpuinfra read them, too, so their names
stay.
"""

from __future__ import annotations

import fcntl
import os
import time

from gpuinfra.host import lean_json
from gpuinfra.host.jobs import frames
from gpuinfra.host.jobs.clock import boot_id, booted, iso, now, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Request = dict[str, Any]

HOPELESS_S = 600.0  # systemd may still be about to start it until then
START_S = 20.0  # a job without a supervisor for longer than that never got one


class JobError(Exception):
    """What cannot be done, in words for the user; `code` is the exit code."""

    def __init__(self, message: str, hint: str = "", code: int = 2) -> None:
        super().__init__(message)
        self.message, self.hint, self.code = message, hint, code


def home() -> str:
    """Return where jobs are kept; GPUINFRA_JOBS moves it, for tests."""
    return os.environ.get("GPUINFRA_JOBS") or os.path.expanduser("~/.local/share/gpuinfra/jobs")


class JobDirectory:
    """One job's directory."""

    def __init__(self, job_id: str) -> None:
        self.id = job_id
        self.path = f"{home()}/{job_id}"

    @property
    def log(self) -> str:
        """All that the job has printed."""
        return f"{self.path}/log"

    @property
    def socket(self) -> str:
        """Where its supervisor listens."""
        return f"{self.path}/socket"

    def create(self, request: Request) -> None:
        """Make the directory; only its owner may look into it."""
        os.makedirs(home(), mode=0o700, exist_ok=True)
        try:
            os.mkdir(self.path, 0o700)
        except FileExistsError:
            raise JobError(f"there is a job {self.id} already") from None
        try:
            self.write("job", {**request, **_origin(self.id)})
        except OSError:
            self.remove()
            raise

    def write(self, name: str, value: dict[str, Any]) -> None:
        """Write a small file in one step, for its owner only."""
        new = f"{self.path}/.{name}.new"
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            data = memoryview(lean_json.dumps(value).encode())
            while data:
                data = data[os.write(file, data) :]
        finally:
            os.close(file)
        os.replace(new, f"{self.path}/{name}.json")

    def try_write(self, name: str, value: dict[str, Any]) -> None:
        """Write what is good to know, if there is room for it: a full disk must not end a job."""
        try:
            self.write(name, value)
        except OSError:
            return

    def read(self, name: str) -> dict[str, Any]:
        """Read a small file; one that is not there, or broken by a power cut, holds nothing."""
        try:
            with open(f"{self.path}/{name}.json", "rb") as file:
                value = lean_json.loads(file.read())
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def pop(self, name: str) -> dict[str, Any]:
        """Read a small file and delete it: what is secret does not stay."""
        value = self.read(name)
        if value:
            os.unlink(f"{self.path}/{name}.json")
        return value

    def lock(self) -> int:
        """Hold the lock that says that the supervisor lives; the kernel lets it go when that dies."""
        lock = os.open(f"{self.path}/lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock

    def has_supervisor(self) -> bool:
        """Tell whether a supervisor lives."""
        try:
            lock = os.open(f"{self.path}/lock", os.O_RDWR)
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

    def is_running(self) -> bool:
        """Tell whether it runs or is about to."""
        return self.view()["state"] in ("running", "starting")

    def view(self) -> dict[str, Any]:
        """Return the job as the list shows it."""
        request, live = self.read("job"), self.has_supervisor()
        end = self.read("end")  # after the lock: it is written before that is let go
        state, reason = _state(request, end, live)
        if state == "lost" and (_rebooted(request) or _age_s(request) > HOPELESS_S):
            self.pop("secret")  # its supervisor never came to take it
        return {
            **{name: request.get(name) for name in ("id", "name", "kind", "command", "created")},
            **{
                name: request.get(name) for name in ("time_limit_s", "time_limit_from", "then", "save", "tty")
            },
            "state": state,
            "exit_code": end.get("exit_code"),
            "ended": end.get("ended") or (iso(booted()) if state == "lost" and _rebooted(request) else None),
            "reason": reason,
            "saved": self.read("save").get("saved"),
            "attached": live and bool(self.read("live").get("attached")),
        }


def _origin(job_id: str) -> Request:
    """Return when, in which boot, and for which version of the frames a job is made."""
    return {"id": job_id, "created": now(), "boot_id": boot_id(), "frames": frames.VERSION}


def _age_s(request: Request) -> float:
    return time.time() - seconds(request.get("created", ""))


def _rebooted(request: Request) -> bool:
    return bool(request.get("boot_id") != boot_id())


def _state(request: Request, end: Request, live: bool) -> tuple[str, str]:
    if end:
        return "GPU failed" if end.get("cause") == "gpu" else str(end["state"]), str(end.get("reason", ""))
    if live:
        return "running", ""
    if _rebooted(request):
        return "lost", f"the host went down while it ran; it was booted again at {iso(booted())}"
    if _age_s(request) < START_S:
        return "starting", ""
    return "lost", "its supervisor was killed"
