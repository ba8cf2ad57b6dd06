"""Before a command ends a host: on_stop and the jobs' saves, followed; nothing here keeps it from ending."""

import getpass
import hashlib
import json
from typing import Any

from gpuinfra.features.connect.connect import reach
from gpuinfra.ground.boot_status import Boot
from gpuinfra.ground.errors import GpuInfraError, HostError, Interrupted
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.reply import checked
from gpuinfra.ground.world import World

# root ends the host; sudo keeps the directory, which is that of the bundle. -B: root leaves no files there
PROGRAM = ("sudo", "-n", "/usr/bin/python3", "-I", "-B", "gpuinfra/host/guard/end_host.py", "ask")
DEADLINE_S = 120.0
"""For on_stop and all saves together: a spot host's notice comes two minutes before its end (EC2 user guide,
"Spot Instance interruption notices"), and what has a hook shall fit every ending."""
ANSWER_S = 60.0  # beyond it: for a connection, and for another ending that is waited for
RENEW_TIMEOUT_S = 30.0
SHAPE = {"changed": bool, "ran": bool, "events": ([dict], None)}


def end(world: World, host: Host, reason: str) -> None:
    """Let a running host run on_stop and save, in two minutes at most; say what could not be done.

    Raises:
        Interrupted: Ctrl-C, and the user does not want to go on.
    """
    if not world.ssh.pinned(host):
        why = "nobody has connected to it from here"
        world.reporter.say(f"on_stop and saves are left to the host itself, as it goes down: {why}")
        return
    try:
        _ask_host(world, host, reason)
    except KeyboardInterrupt:
        question = "on_stop and the jobs' saves are not done. End the host without waiting for them?"
        if not world.reporter.offer(question):
            message = "stopped waiting; the host is not ended, on_stop and the saves go on there"
            raise Interrupted(message, hint=command("events", host.stack)) from None
    except GpuInfraError as error:
        world.reporter.say(f"on_stop and saves are left to the host itself, as it goes down: {error.message}")


def renew(world: World, host: Host, boot: Boot) -> None:
    """Bring on_stop as it is here to a living host, if that has another one.

    Raises:
        ConfigError: it is no text for a Linux shell.
        GpuInfraError: the host did not take it.
    """
    text = world.user_data.on_stop()
    here = None if text is None else hashlib.sha256(text).hexdigest()
    if not boot.made_of or boot.made_of.get("on_stop") == here:
        return
    reply = _asked(world, host, _hook(world), timeout_s=RENEW_TIMEOUT_S, shown=True)
    if reply["changed"]:
        world.reporter.say("the host has the on_stop of the files here now")


def _ask_host(world: World, host: Host, reason: str) -> None:
    host = reach(world, host)[0]
    wanted = {"action": "none", "by": getpass.getuser(), "reason": reason, "deadline_s": DEADLINE_S}
    try:
        wanted |= _hook(world)
    except GpuInfraError as error:
        world.reporter.say(f"on_stop stays as it is on the host: {error.message}")
    reply = _asked(world, host, wanted, timeout_s=DEADLINE_S + ANSWER_S, shown=True)
    world.events.keep(reply.get("events") or (), host.instance_id)
    if not reply["ran"]:
        world.reporter.say("on_stop was run already, by another ending")


def _hook(world: World) -> dict[str, Any]:
    text = world.user_data.on_stop()
    return {"on_stop": None if text is None else text.decode()}


def _asked(
    world: World, host: Host, request: dict[str, Any], *, timeout_s: float, shown: bool
) -> dict[str, Any]:
    stdin = json.dumps(request).encode()
    done = world.host.run(host, PROGRAM, stdin=stdin, timeout_s=timeout_s, shown=shown)
    try:
        reply: dict[str, Any] = checked(json.loads(done.stdout), SHAPE, "how it ends")
    except (ValueError, RecursionError):
        words = done.stderr.strip()[-300:] or f"exit code {done.code}"
        raise HostError(f"the host did not do it: {words}", hint=command("logs", host.stack)) from None
    return reply
