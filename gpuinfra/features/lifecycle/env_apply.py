"""`env apply`: an edited environment.yml comes to the living host, beside the old one until it is proven."""

import dataclasses
from dataclasses import asdict, dataclass

from gpuinfra.features.boot import follow
from gpuinfra.features.connect.connect import connect_and_check
from gpuinfra.features.ending import ending
from gpuinfra.features.lifecycle import env_build
from gpuinfra.features.provision.preflight import settings_of
from gpuinfra.ground import boot_status
from gpuinfra.ground.boot_status import Boot
from gpuinfra.ground.errors import HostError
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World

STARTUP = "startup.sh"


@dataclass(frozen=True, kw_only=True)
class AppliedEnvironment:
    """What the host has now; `before`: the environment that it had, kept on its disk until the next time."""

    changed: bool
    environment: str
    prefix: str
    gpu: str
    before: str = ""

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)


def env_apply(world: World) -> AppliedEnvironment:
    """Bring the environment of the files here to the host, and follow it until it is proven and in use.

    Raises:
        ConfigError: a file is wrong; nothing was contacted.
        HostError: the host is not ready for it, or the new environment failed: the old one stays in use.
        Interrupted: Ctrl-C; the host goes on by itself.
    """
    recorded = world.recorded_host()
    settings = dataclasses.replace(settings_of(world), instance_type=recorded.instance_type)
    files = world.user_data.digests()  # of what is sent: it may be edited again meanwhile
    parcel, warnings = world.user_data.parcel(settings)
    for warning in warnings:
        world.reporter.say(warning)
    host, boot = connect_and_check(world)
    _refuse_unready(boot, host)
    ending.renew(world, host, boot)
    if env_build.has_it(boot, files):
        world.reporter.say(f"nothing to do: the environment {boot.environment!r} is that of the files here")
        return _applied(boot, before=boot)
    _tell_of_startup(world, boot, files)
    env_build.start(world, host, parcel)
    return _told(world, _applied(env_build.followed(world, host, boot, files), before=boot))


def _refuse_unready(boot: Boot, host: Host) -> None:
    """Let a host through whose bootstrap has ended: well, or with what other files may cure.

    Raises:
        HostError: it is at work, or its GPUs are not those of its type.
    """
    if boot.state == "failed" and boot.permanent and boot.rc == boot_status.GPU_CODE:
        raise follow.failed(boot, host)
    if not boot.ended:
        message = (
            f"the host still sets itself up ({boot.state} {boot.step}".rstrip() + "); nothing was changed"
        )
        raise HostError(message, hint=command("status --watch", host.stack))


def _tell_of_startup(world: World, boot: Boot, files: env_build.Files) -> None:
    """Say that an edited startup script does not run again: who knows whether it may?"""
    is_other = boot.made_of.get(STARTUP) != files.get(STARTUP)
    if boot.state == "done" and is_other:
        world.reporter.say(f"{STARTUP} is another here; it runs once in a host's life, and not now")


def _applied(boot: Boot, *, before: Boot) -> AppliedEnvironment:
    changed = boot.prefix != before.prefix
    return AppliedEnvironment(
        changed=changed,
        environment=boot.environment,
        prefix=boot.prefix,
        gpu=boot.gpu,
        before=before.environment if changed and before.state == "done" else "",
    )


def _told(world: World, applied: AppliedEnvironment) -> AppliedEnvironment:
    """Say what is in use now, and what is kept."""
    world.reporter.say(f"ready: the environment {applied.environment!r} is proven ({applied.gpu})")
    if applied.before:
        world.reporter.say(
            f"what runs goes on in {applied.before!r}; it stays on the host's disk until the next env apply"
        )
    return applied
