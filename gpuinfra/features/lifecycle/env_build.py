"""A build of `env apply` on the host: how it is started, followed and explained when it fails."""

import hashlib
import json
from collections.abc import Mapping

from gpuinfra.features.boot import difference, progress
from gpuinfra.features.connect.connect import reach
from gpuinfra.ground import boot_status
from gpuinfra.ground.boot_status import Boot
from gpuinfra.ground.errors import HostError, Interrupted, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.protocols import LiveView
from gpuinfra.ground.world import World

TITLE = "The host builds its new environment"
# root starts the unit; sudo keeps the directory, which is that of the bundle
PROGRAM = ("sudo", "-n", "/usr/bin/python3", "-I", "gpuinfra/host/env_apply.py", "start")
START_TIMEOUT_S, LOOK_TIMEOUT_S = 120.0, 20.0
POLL_S = 1.0
SILENCE_S = 600.0  # a laptop without a network, or a host that restarts; the build needs neither
Files = Mapping[str, str]  # name here -> sha256
STARTED, RUNNING, CURRENT, BUSY = "started", "running", "current", "busy"


def has_it(boot: Boot, files: Files) -> bool:
    """Tell whether the host's environment is that of these files, and proven."""
    return boot.state == "done" and bool(boot.made_of) and not difference.others(boot, files)


def start(world: World, host: Host, parcel: bytes) -> None:
    """Send the files and let the host begin.

    Raises:
        HostError: it does not: another build is at work, or systemd or sudo would not.
    """
    world.reporter.say("sending the files; the host builds beside the environment in use")
    program = (*PROGRAM, hashlib.sha256(parcel).hexdigest())
    done = world.host.run(host, program, stdin=parcel, timeout_s=START_TIMEOUT_S)
    state = _state(done.stdout)
    if state == RUNNING:
        world.reporter.say("the host is at work on these very files already")
    elif state == BUSY:
        raise HostError(
            "another `env apply`, with other files, or the host's own bootstrap is at work there; nothing was"
            " changed",
            hint=f"{command('env apply', host.stack)}   # once it has ended; {command('logs', host.stack)}",
        )
    elif state not in (STARTED, CURRENT):
        why = state or done.stderr.strip()[-500:] or f"exit code {done.code}"
        raise HostError(f"the host did not begin: {why}", hint=command("logs", host.stack))


def _state(stdout: str) -> str:
    try:
        return str(json.loads(stdout)["state"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def followed(world: World, host: Host, before: Boot, files: Files) -> Boot:
    """Show the steps until the host has switched to what these files make; return its boot then."""
    try:
        with world.reporter.live(TITLE) as view:
            return _watch(world, host, before, files, view)
    except KeyboardInterrupt:
        raise Interrupted(
            "stopped watching; the host goes on by itself, and switches only if all is proven",
            hint=f"{command('env apply', host.stack)}   # looks again",
        ) from None


def _watch(world: World, host: Host, before: Boot, files: Files, view: LiveView) -> Boot:
    rows, last_answer = progress.BootRows(), world.clock.now()
    while True:
        try:
            # in this order: what has ended by the first look shows its result in the second
            build = _build(world, host)
            host, boot = reach(world, host)
        except Unreachable as error:
            if world.clock.now() - last_answer > SILENCE_S:
                raise _silent(error, host) from None
        else:
            last_answer = world.clock.now()
            if has_it(boot, files):
                return boot
            if build.state in ("failed", "interrupted"):
                raise _failed(build, before, host)
            view.rows(rows.rows(build, world.clock.now()))
        world.clock.sleep(POLL_S)


def _build(world: World, host: Host) -> Boot:
    try:
        return boot_status.parse_apply(world.ssh.run(host, boot_status.READ_APPLY, timeout_s=LOOK_TIMEOUT_S))
    except Unreachable:
        reach(world, host)  # an open connection was dead, or the host has another address
        raise


def _silent(error: Unreachable, host: Host) -> Unreachable:
    return Unreachable(
        f"{error.message}; the host goes on by itself, and switches only if all is proven",
        hint=f"{command('env apply', host.stack)}   # looks again",
    )


def _failed(build: Boot, before: Boot, host: Host) -> HostError:
    """Return the error of a build that has ended without a new environment."""
    whole = f"the environment {before.environment!r} is whole and stays in use"
    kept = whole if before.state == "done" else "nothing else was changed"
    log = f"{command('logs', host.stack)}   # {boot_status.LOG_FILE} on the host"
    again = command("env apply", host.stack)
    if build.state == "interrupted":
        where = f" in the step {build.step!r}" if build.step else ""
        return HostError(f"the build was cut off{where}: a restart, or it was killed; {kept}", hint=again)
    tail = "".join(f"\n    {line}" for line in build.error.splitlines() if line.strip())
    return HostError(
        f"the new environment failed in the step {build.step!r} (exit code {build.rc}) and was removed;"
        f" {kept}: {build.message}{tail}",
        hint=f"{log}; {'then edit the file, and' if build.permanent else 'or once more:'} {again}",
    )
