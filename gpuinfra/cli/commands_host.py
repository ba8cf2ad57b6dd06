"""The commands that go onto the host: one function each, as in commands.py."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from gpuinfra import factory
from gpuinfra.ground.errors import HostError, Interrupted, Unreachable
from gpuinfra.ground.hints import command
from gpuinfra.ground.recorded import recorded_host

if TYPE_CHECKING:
    from pathlib import Path

    from gpuinfra.ground.boot_status import Boot
    from gpuinfra.ground.model import Host
    from gpuinfra.ground.protocols import World


def ssh(stack: str, remote: list[str], *, forget_key: bool) -> None:
    """Become ssh: this process is replaced, so its exit code is ssh's own."""
    from gpuinfra.features.connect.connect import connect_and_check
    from gpuinfra.features.provision import plan_text

    world = factory.world(stack, os.environ)
    if forget_key:
        world.ssh.forget(recorded_host(world.state, stack))
    host, found = connect_and_check(world)
    if note := plan_text.not_ready(found, stack):
        world.reporter.say(note)
    argv = world.ssh.argv(host, remote)
    sys.stderr.flush()
    os.execv(argv[0], argv)  # noqa: S606 - an argv list, no shell


def follow(world: World, host: Host) -> Boot:
    """Show the first boot until the environment is proven.

    Raises:
        Interrupted: Ctrl-C; the host goes on by itself.
        HostError: the bootstrap failed.
    """
    from gpuinfra.features.boot.follow import ready, watch

    try:
        found = ready(world, host)
        if found is None:
            with world.reporter.boot_view() as on_boot:
                found = watch(world, host, on_boot=on_boot)
        world.reporter.say(f"ready: the environment {found.environment!r} is proven ({found.gpu})")
        return found
    except KeyboardInterrupt:
        raise Interrupted(
            f"stopped watching; the host goes on by itself, at {host.address}",
            hint=f"{command('status --watch', host.stack)}   # looks again, from any machine with this state",
        ) from None


def watch(stack: str) -> Boot:
    """Follow the boot of a host that has been made before."""
    world = factory.world(stack, os.environ)
    return follow(world, recorded_host(world.state, stack))


def logs(stack: str, *, console: bool) -> str:
    """Return the bootstrap's whole log; with `console`, or while ssh does not answer, the serial console.

    Raises:
        HostError: neither can be had.
    """
    from gpuinfra.features.connect.connect import connect
    from gpuinfra.ground import boot_status

    world = factory.world(stack, os.environ)
    host = recorded_host(world.state, stack)
    if not console:
        try:
            host = connect(world)
            if text := world.ssh.run(host, f"sudo cat {boot_status.LOG_FILE}", timeout_s=60.0):
                return text
            world.reporter.say("there is no bootstrap log yet; this is the console")
        except Unreachable as error:
            world.reporter.say(f"{error.message}; this is the console")
    text = world.cloud(host.region, None).console(host.instance_id)
    if not text:
        raise HostError("the console is empty so far", hint=command("status --watch", stack))
    return text


def ssh_config(stack: str, *, install: bool) -> tuple[Path, str]:
    """Write the stack's ssh configuration; return its path and the alias."""
    from gpuinfra.features.connect.connect import connect
    from gpuinfra.tools.ssh import ssh_config as adapter

    world = factory.world(stack, os.environ)
    connect(world)
    path = adapter.path(stack, os.environ)
    if install:
        adapter.include(os.environ, adapter.own_config())
    elif not adapter.is_included(os.environ, adapter.own_config()):
        world.reporter.say(
            f"to use it everywhere, put this first in ~/.ssh/config: {adapter.include_line(os.environ)}"
        )
        world.reporter.say(f"  or let {command('ssh-config --install', stack)} do it")
    return path, adapter.alias(stack)
