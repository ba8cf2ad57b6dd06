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
    """Be process 1 of the lab: set up and run in a child, reap orphaned processes.

    When process 1 ends, the kernel ends all others of its namespace.
    """
    config = LabConfig.read(Path(argv[0]))
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C also reaches the command, which decides
    child = os.fork()
    if child == 0:
        os._exit(_guarded(config))
    while True:
        pid, status = os.wait()
        if pid == child:
            return _exit_code(os.waitstatus_to_exitcode(status))


def run_inside(config: LabConfig) -> int:
    """Set the lab up, run the command; returns its exit code."""
    os.umask(0o022)  # the hosts' users read what is made here
    directory, paths = Path(config.directory), config.paths
    tempfile.tempdir = config.directory  # removed with the lab, should it be killed
    paths.hosts.mkdir()
    namespace.set_up()
    services.point_names_here(directory)
    with (
        services.unpacking(Path(config.archive), paths.base) as unpacked,
        running(hosts=paths.hosts, log_file=directory / "aws.log") as simulator,
    ):
        unpacked()
        services.serve_internet(directory, Path(config.mirror), paths.base)
        services.run_hosts(simulator, paths)
        _publish_api(simulator, directory)
        return _run(config, simulator)


def _run(config: LabConfig, simulator: Simulator) -> int:
    if not config.command:
        signal.pause()
    env = simulator.env(os.environ) | {
        LAB_VARIABLE: "1",
        "GPUINFRA_WAIT": "1",  # here there are hosts to wait for
        DIRECTORY_VARIABLE: config.directory,
        MIRROR_VARIABLE: config.mirror,
    }
    try:
        return _exit_code(subprocess.run(config.command, env=env, umask=config.umask, check=False).returncode)
    except FileNotFoundError:
        sys.stderr.write(f"error: no such command: {config.command[0]}\n")
        return 127


def _publish_api(simulator: Simulator, directory: Path) -> None:
    """Make the API reachable from outside, and say that all is ready."""
    port = int(simulator.url.rpartition(":")[2])
    relay.start(relay.listen_file(directory / SOCKET_FILE), relay.to_port(port))
    draft = directory / f".{READY_FILE}"
    draft.write_text(json.dumps({"url": simulator.url}), encoding="utf-8")
    draft.replace(directory / READY_FILE)


def _guarded(config: LabConfig) -> int:
    log_file = Path(config.directory, LOG_FILE)
    logging.basicConfig(level=logging.INFO, filename=log_file, format="%(asctime)s %(message)s")
    try:
        return run_inside(config)
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
