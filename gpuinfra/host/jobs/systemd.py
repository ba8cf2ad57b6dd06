"""systemd: each job a system unit that runs as the login user, so that no session's end can touch it.

`systemd-run --user` would need the user's own D-Bus, which minimal images do not have.
"""

from __future__ import annotations

import os
import time

from gpuinfra.host.jobs import clock, job_list, job_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

GRACE_S = 5.0  # between the last job's end and the power-off: whoever waits for it still hears of it
SUDO = ("sudo", "-n")
# by the very files that run here; -B: root leaves none of its own in the user's bundle
ENDING = ("/usr/bin/python3", "-I", "-B", __file__.replace("jobs/systemd.py", "guard/end_host.py"))


def unit(job_id: str) -> str:
    """Return the name of a job's unit; `journalctl -u` takes it."""
    return f"gpuinfra-job-{job_id}"


def start(job_id: str, program: Sequence[str], *, title: str) -> None:
    """Start a job's supervisor as a unit of its own.

    Raises:
        JobError: systemd or sudo would not.
    """
    linger()
    argv = [
        *SUDO, "systemd-run", "--quiet", "--collect", f"--unit={unit(job_id)}",
        f"--description=gpuinfra job {title}", f"--uid={os.getuid()}", f"--gid={os.getgid()}",
        # the supervisor is told first and ends the command; what is left 20 s later is killed
        "--property=KillMode=mixed", "--property=TimeoutStopSec=20", "--property=Type=exec",
        # at a shutdown the host's ending comes before it, and tells it why (guard/end_host.py)
        "--property=Before=gpuinfra-ending.service",
        # stopped before D-Bus is: by it a supervisor asks whether the host goes down (exit_status.going_down)
        "--property=After=dbus.service",
        # a command that took all memory is killed, its supervisor lives to tell
        "--property=OOMPolicy=continue", f"--setenv=HOME={os.path.expanduser('~')}",
        *[f"--setenv={name}={os.environ[name]}" for name in ("GPUINFRA_JOBS",) if name in os.environ],
        "--", *program,
    ]  # fmt: skip
    done = _run(*argv)
    if done.returncode:
        raise job_store.JobError(f"systemd did not start the job: {done.stderr.strip()}", code=5)


def linger() -> None:
    """Keep the user known to logind: at the last logout it would delete shared memory of running jobs."""
    import getpass

    user = getpass.getuser()
    if not os.path.exists(f"/var/lib/systemd/linger/{user}"):
        _run(*SUDO, "loginctl", "enable-linger", user)


def power_off_when_idle(me: str) -> str:
    """Power the host off if a job that has ended asked for it and nothing else runs; tell what was done.

    What the power-off does (stop or terminate) is the instance's own setting; it was compared at the start.
    """
    if not power_off_requested_in_boot(clock.boot_id()):
        return ""
    if others := job_list.running(but=me):
        return f"not powered off: {', '.join(others)} still run"
    time.sleep(GRACE_S)
    if job_list.running(but=me) or not power_off_requested_in_boot(clock.boot_id()):
        return "not powered off: something was started"
    os.unlink(_power_off_file())
    done = _run(*SUDO, *ENDING, "off", f"job {me}", "the jobs are done")
    if done.returncode:  # nothing may keep a host that nobody needs: it is without its hook then
        done = _run(*SUDO, "systemctl", "--no-block", "poweroff")
        return f"powered off: {done.stderr.strip()}" if done.returncode else "powered off, without on_stop"
    said = [line for line in done.stderr.splitlines() if not line.startswith("running")]  # how far it is
    return "; ".join([*said, "powered off"])


def request_power_off(boot_id: str) -> None:
    """Note that the host is to end when its jobs are done; the note is void after a reboot."""
    with open(_power_off_file(), "w", encoding="utf-8") as file:
        file.write(boot_id)


def power_off_requested_in_boot(boot_id: str) -> bool:
    """Tell whether a job of this boot has asked for it."""
    try:
        with open(_power_off_file(), encoding="utf-8") as file:
            return file.read() == boot_id
    except FileNotFoundError:
        return False


def _power_off_file() -> str:
    return f"{job_store.home()}/then"


def _run(*argv: str) -> subprocess.CompletedProcess[str]:
    import subprocess  # 9 ms, which a run without an end of the host does not pay

    return subprocess.run(argv, capture_output=True, text=True, check=False)
