"""The inside of a lab: its first process, and the one that sets everything up and runs the command."""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.lab import services
from gpuinfra.simulator.lab.config import (
    DIRECTORY_VARIABLE,
    LAB_VARIABLE,
    LOG_FILE,
    MIRROR_VARIABLE,
    READY_FILE,
    SOCKET_FILE,
    LabConfig,
)
from gpuinfra.simulator.lab.network import namespace, relay
from gpuinfra.simulator.server import running

_log = logging.getLogger(__name__)


def main(argv: list[str]) -> int:
    """Be process 1 of the lab: set up and run in a child, bury all orphans; all dies when this ends."""
    plan = LabConfig.read(Path(argv[0]))
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C reaches the command too, and is for it
    child = os.fork()
    if child == 0:
        os._exit(_guarded(plan))
    while True:
        pid, status = os.wait()
        if pid == child:
            return _exit_code(os.waitstatus_to_exitcode(status))


def supervise(plan: LabConfig) -> int:
    """Set the lab up, run the command; returns its exit code."""
    os.umask(0o022)  # what is made here is seen by the hosts' users
    directory, place = Path(plan.directory), plan.place
    tempfile.tempdir = plan.directory  # what a killed lab leaves lies where the janitor cleans
    place.hosts.mkdir()
    namespace.set_up()
    services.point_names_here(directory)
    with (
        services.unpacking(Path(plan.archive), place.base) as unpacked,
        running(hosts=place.hosts, log_file=directory / "aws.log") as simulator,
    ):
        unpacked()
        services.serve_internet(directory, Path(plan.mirror), place.base)
        services.run_hosts(simulator, place)
        _open_door(simulator, directory)
        return _run(plan, simulator)


def _run(plan: LabConfig, simulator: Simulator) -> int:
    if not plan.command:
        signal.pause()
    env = simulator.env(os.environ) | {
        LAB_VARIABLE: "1",
        "GPUINFRA_WAIT": "1",  # here there are hosts to wait for
        DIRECTORY_VARIABLE: plan.directory,
        MIRROR_VARIABLE: plan.mirror,
    }
    try:
        return _exit_code(subprocess.run(plan.command, env=env, umask=plan.umask, check=False).returncode)
    except FileNotFoundError:
        sys.stderr.write(f"error: no such command: {plan.command[0]}\n")
        return 127


def _open_door(simulator: Simulator, directory: Path) -> None:
    """Make the API reachable from outside, and say that all is ready."""
    port = int(simulator.url.rpartition(":")[2])
    relay.start(relay.listen_file(directory / SOCKET_FILE), relay.to_port(port))
    draft = directory / f".{READY_FILE}"
    draft.write_text(json.dumps({"url": simulator.url}), encoding="utf-8")
    draft.replace(directory / READY_FILE)


def _guarded(plan: LabConfig) -> int:
    log_file = Path(plan.directory, LOG_FILE)
    logging.basicConfig(level=logging.INFO, filename=log_file, format="%(asctime)s %(message)s")
    try:
        return supervise(plan)
    except Exception as error:
        _log.exception("the lab could not be set up")
        detail = getattr(error, "stderr", None) or ""
        sys.stderr.write(f"error: the lab could not be set up: {error} {detail}\n")
        return 1
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.flush()


def _exit_code(code: int) -> int:
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
