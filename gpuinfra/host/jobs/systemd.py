"""systemd: each job a system unit that runs as the login user, so that no session's end can touch it.

`systemd-run --user` would need the user's own D-Bus, which minimal images do not have.
"""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from gpuinfra.host.jobs import clock, job_store

GRACE_S = 5.0  # between the last job's end and the power-off: whoever waits for it still hears of it
SUDO = ("sudo", "-n")


def unit(job_id: str) -> str:
    """Return the name of a job's unit; `journalctl -u` takes it."""
    return f"gpuinfra-job-{job_id}"


def start(job_id: str, program: Sequence[str], *, title: str) -> None:
    """Start a job's supervisor as a unit of its own.

    Raises:
        Refused: systemd or sudo would not.
    """
    linger()
    argv = [
        *SUDO, "systemd-run", "--quiet", "--collect", f"--unit={unit(job_id)}",
        f"--description=gpuinfra job {title}", f"--uid={os.getuid()}", f"--gid={os.getgid()}",
        # the supervisor is told first and ends the command; what is left 20 s later is killed
        "--property=KillMode=mixed", "--property=TimeoutStopSec=20", "--property=Type=exec",
        # a command that took all memory is killed, its supervisor lives to tell
        "--property=OOMPolicy=continue", f"--setenv=HOME={Path.home()}",
        *[f"--setenv={name}={os.environ[name]}" for name in ("GPUINFRA_JOBS",) if name in os.environ],
        "--", *program,
    ]  # fmt: skip
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise job_store.JobError(f"systemd did not start the job: {done.stderr.strip()}", code=5)


def linger() -> None:
    """Keep the user known to logind: at the last logout it would delete shared memory of running jobs."""
    import getpass

    user = getpass.getuser()
    if not Path("/var/lib/systemd/linger", user).exists():
        subprocess.run([*SUDO, "loginctl", "enable-linger", user], capture_output=True, check=False)


def power_off_when_idle(me: str) -> str:
    """Power the host off if a job that has ended asked for it and nothing else runs; tell what was done.

    What the power-off does (stop or terminate) is the instance's own setting; it was compared at the start.
    """
    if wished() != clock.boot_id():
        return ""
    if others := job_store.running(but=me):
        return f"not powered off: {', '.join(others)} still run"
    subprocess.run(
        [*SUDO, "wall", "gpuinfra: the jobs are done, the host goes down"], check=False, capture_output=True
    )
    time.sleep(GRACE_S)
    if job_store.running(but=me) or wished() != clock.boot_id():
        return "not powered off: something was started"
    _wish_file().unlink(missing_ok=True)
    os.sync()
    done = subprocess.run(
        [*SUDO, "systemctl", "--no-block", "poweroff"], capture_output=True, text=True, check=False
    )
    return f"powered off: {done.stderr.strip()}" if done.returncode else "powered off"


def wish(boot_id: str) -> None:
    """Note that the host is to end when its jobs are done; the note is void after a reboot."""
    _wish_file().write_text(boot_id, encoding="utf-8")


def wished() -> str:
    """Return the boot in which that was noted."""
    return _wish_file().read_text(encoding="utf-8") if _wish_file().exists() else ""


def _wish_file() -> Path:
    return job_store.home() / "then"
