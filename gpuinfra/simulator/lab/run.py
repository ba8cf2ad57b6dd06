"""The outside of a lab: starts it, waits for it, and passes its exit code on."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.simulator.extra import require_extra
from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.lab.config import READY_FILE, SOCKET_FILE, LabConfig
from gpuinfra.simulator.lab.machines import image
from gpuinfra.simulator.lab.network import relay
from gpuinfra.simulator.lab.workdir import lab_workdir
from gpuinfra.simulator.programs import search_path

_POLL_S = 0.05


def run_in_lab(command: Sequence[str], *, mirror: Path | None) -> int:
    """Run a command in a lab; returns its exit code.

    Without a command the lab is held open; a line of JSON on stdout says how to enter it, see lab.Lab.

    To be called by a process's main thread, and last: it may start the process again in a cgroup of its own.
    mirror: a folder with a folder for each host name; the lab's own, empty, if None.
    """
    require_extra()
    requirements.require_platform()
    _enter_scope()
    os.environ["PATH"] = search_path(os.environ)
    archive = image.ensure(os.environ)
    with lab_workdir() as (directory, cgroup):
        config = LabConfig(
            directory=str(directory),
            mirror=str(_mirror(directory, mirror)),
            archive=str(archive),
            cgroup=str(cgroup),
            rootless=not requirements.is_root(),
            umask=_umask(),
            command=list(command),
        )
        return _run(config)


def _run(config: LabConfig) -> int:
    # the kernel ends the lab when this process ends, and `--kill-child` ends all that is in it
    argv = ["setpriv", "--pdeathsig", "KILL", *requirements.namespaces()]
    argv += [sys.executable, "-m", "gpuinfra.simulator.lab.init", str(config.write())]
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C also reaches the command, which decides
    signal.signal(signal.SIGTERM, _exit)
    process = subprocess.Popen(argv)
    try:
        if not config.command:
            _announce(process, config)
        return process.wait()
    finally:
        process.kill()
        process.wait()


def _announce(process: subprocess.Popen[bytes], config: LabConfig) -> None:
    """Wait until the lab is ready; then say how to reach it from outside."""
    directory = Path(config.directory)
    while not (directory / READY_FILE).exists():
        if process.poll() is not None:
            raise GpuInfraError(f"the lab did not start: exit code {process.returncode}")
        time.sleep(_POLL_S)
    listener = relay.listen_port()
    relay.start(listener, relay.to_file(directory / SOCKET_FILE))
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8")
    inside = json.loads((directory / READY_FILE).read_text(encoding="utf-8"))
    ready = {
        "url": f"http://127.0.0.1:{listener.getsockname()[1]}",
        "inside_url": inside["url"],
        "pid": int(children.split()[0]),
        "directory": config.directory,
        "mirror": config.mirror,
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()


def _enter_scope() -> None:
    """Start this very process again in a cgroup of its own, if a plain user can have one only so."""
    scope = requirements.scope_command(os.environ)
    if scope:
        argv = [*scope, sys.executable, *sys.orig_argv[1:]]
        os.execvpe(argv[0], argv, {**os.environ, requirements.SCOPED: "1"})  # noqa: S606


def _mirror(directory: Path, folder: Path | None) -> Path:
    mirror = folder.resolve() if folder else directory / "mirror"
    mirror.mkdir(exist_ok=True)
    return mirror


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _exit(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)
