"""Killed, stopped or started twice: the next run goes on where the last one was."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from tests.bootstrap.host import TRANSIENT, Host
from tests.bootstrap.server import Server
from tests.waiting import wait_until


def session_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the processes of the bootstrap's session: what systemd would find in its control group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) == process.pid:
            found.append(int(stat.parent.name))
    return found


def stop(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal to all of them, and wait for the end."""
    for pid in session_of(process):
        with contextlib.suppress(ProcessLookupError):  # ended meanwhile
            os.kill(pid, number)
    process.communicate()


def in_step(host: Host, name: str) -> bool:
    """Tell whether the status names this step as running."""
    return (host.state / "status.json").exists() and host.status["step"] == name


def test_killed_in_the_environment_step_it_goes_on_there(host: Host, server: Server) -> None:
    """After kill -9 the next run resumes in the step; the installer is not fetched again."""
    server.hold("tinyapp")
    process = host.start()
    wait_until(
        lambda: in_step(host, "env-conda") and server.count("tinyapp") > 0,
        "the download",
        more=lambda: host.log,
    )
    stop(process, signal.SIGKILL)
    assert (host.status["state"], host.status["pid"]) == ("running", process.pid)
    server.reset()
    assert host.boot() == 0, host.log
    assert host.ran()[0] == "env-conda"
    assert server.count("Miniconda") == 0


def test_killed_in_the_installer_it_starts_the_install_anew(host: Host) -> None:
    """A half-installed conda of ours is removed, not trusted and not stumbled over."""
    host.prefix.mkdir()
    (host.prefix / "half").touch()
    host.state.mkdir(parents=True)
    (host.state / "installing").touch()
    assert host.boot() == 0, host.log
    assert not (host.prefix / "half").exists()


def test_sigterm_is_reported(host: Host, server: Server) -> None:
    """Systemd stops the unit (a reboot, say): the status says interrupted, and it is worth another try."""
    server.hold("tinyapp")
    process = host.start()
    wait_until(
        lambda: in_step(host, "env-conda") and server.count("tinyapp") > 0,
        "the download",
        more=lambda: host.log,
    )
    stop(process, signal.SIGTERM)
    assert process.returncode == TRANSIENT
    assert (host.status["state"], host.status["permanent"]) == ("failed", False)
    server.reset()
    assert host.boot() == 0, host.log


def test_two_bootstraps_do_not_meet(host: Host, server: Server) -> None:
    """The second leaves at once, and leaves the status alone."""
    server.hold("Miniconda")
    first = host.start()
    wait_until(lambda: in_step(host, "download"), "the download")
    second = host.start()
    _, told = second.communicate()
    assert second.returncode == TRANSIENT
    assert "already running" in told
    server.reset()
    first.communicate()
    assert first.returncode == 0
    assert host.status["state"] == "done"
