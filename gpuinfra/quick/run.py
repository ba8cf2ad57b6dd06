"""`gpuinfra run -- CMD` over a connection that is up: no typer, no look at the host first.

Simple command lines only; every doubt is left to the full command line. The host's own program refuses what
cannot be (no environment yet, no such script) in the same words either way.
"""

from __future__ import annotations

import os
import sys

from gpuinfra.ground import locations
from gpuinfra.quick import connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

SSH_FAILED = 255


def run(words: list[str], conf: str, environ: Mapping[str, str]) -> None:
    """Run a command and exit with its code; returns if this is a matter for the full command line."""
    from gpuinfra.tools.ssh import host_bundle, terminal_session

    folder = locations.host_folder(locations.synced_root(os.getcwd()))
    spec = request(words, environ, folder=folder, tty=os.isatty(0) and os.isatty(1))
    ssh = connection.command_line(conf)
    try:
        code, left = terminal_session.attach(ssh, spec, tty=spec["tty"], answer_s=connection.ANSWER_S)
    except host_bundle.NoMarker:  # nothing was begun
        connection.stop(conf, environ)  # the full command line connects anew
        return
    if left or code == SSH_FAILED:
        code = exit_code_after_disconnect(code, left, spec["id"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # Python's own farewell takes 9 ms, and there is nothing left to close


def request(words: list[str], environ: Mapping[str, str], *, folder: str, tty: bool) -> dict[str, Any]:
    """Return what the host is asked for."""
    from gpuinfra.features.jobs.request import command_request, new_id

    env = {"TERM": environ["TERM"]} if tty and "TERM" in environ else {}
    return command_request("run", words=words, folder=folder, env=env, tty=tty, id=new_id())


def exit_code_after_disconnect(code: int, left: bool, job_id: str) -> int:
    """Return the exit code of a command that said 255 itself; else say what became of it."""
    from gpuinfra import factory
    from gpuinfra.features.jobs.jobs import exit_code_of
    from gpuinfra.ground.errors import GpuInfraError
    from gpuinfra.ground.names import DEFAULT_STACK
    from gpuinfra.ground.protocols import SessionResult
    from gpuinfra.tools.terminal import output

    session = SessionResult(code=code, detached=left)
    try:
        return exit_code_of(factory.world(DEFAULT_STACK, os.environ), session, job_id)
    except GpuInfraError as error:
        output.complain(error)
        return error.exit_code
