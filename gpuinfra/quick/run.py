"""`gpuinfra run -- CMD` over a connection that is up: no typer, no ports, no look at the host first.

As in fast.py: simple command lines only; every doubt is left to the command line proper. The host's own
program refuses what cannot be (no environment yet, no such script) in the same words either way.
"""

import os
import select
import sys

ANSWER_S = 5.0  # a connection that has not answered for so long is dead: the laptop slept
SSH_FAILED = 255


def run(words: list[str], conf: str, environ: "os._Environ[str] | dict[str, str]") -> None:
    """Run a command and exit with its code; returns if this is a matter for the command line proper."""
    if not any(words[:1]):
        return
    ssh = ["ssh", "-F", conf, "gpuinfra-default"]
    asked = _ask(ssh, environ)  # answers while we get ready
    from gpuinfra.tools.ssh import terminal_session

    request = wanted(words, environ, tty=os.isatty(0) and os.isatty(1))
    if not _answers(*asked):
        _spawn([*ssh, "-O", "stop"], environ)  # the command line proper connects anew
        return
    code, left = terminal_session.attach(ssh, request, tty=bool(request["tty"]))
    sys.exit(
        exit_code_after_disconnect(code, left, str(request["id"])) if left or code == SSH_FAILED else code
    )


def wanted(
    words: list[str], environ: "os._Environ[str] | dict[str, str]", *, tty: bool
) -> "dict[str, object]":
    """Return the request; a test compares it with that of actions/jobs.py."""
    from gpuinfra.ground.names import PROJECT_DIRECTORY
    from gpuinfra.host.jobs.frames import new_id

    env = {"TERM": environ["TERM"]} if tty and "TERM" in environ else {}
    return {
        "verb": "run",
        "id": new_id(),
        "words": words,
        "env": env,
        "tty": tty,
        "directory": PROJECT_DIRECTORY,
        "flags": "",
    }


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


def _ask(ssh: list[str], environ: "os._Environ[str] | dict[str, str]") -> tuple[int, int]:
    """Ask for a sign of life; return the process and what ends when it does."""
    reader, writer = os.pipe()
    pid = _spawn([*ssh, "--", "true"], environ, writer)
    os.close(writer)
    return pid, reader


def _answers(pid: int, reader: int) -> bool:
    ended = bool(select.select([reader], [], [], ANSWER_S)[0])
    os.close(reader)
    if not ended:
        os.kill(pid, 15)
    return os.waitpid(pid, 0)[1] == 0


def _spawn(argv: list[str], environ: "os._Environ[str] | dict[str, str]", output: int = -1) -> int:
    silent = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    heard = [(os.POSIX_SPAWN_DUP2, output, 1)] if output >= 0 else []
    return os.posix_spawnp(argv[0], argv, environ, file_actions=[*silent, *heard])
