"""Following a host's first boot until its conda environment is proven, or has failed."""

from contextlib import suppress

from gpuinfra.features.boot import difference, progress
from gpuinfra.features.connect import awaited_lock
from gpuinfra.features.connect.connect import reach
from gpuinfra.features.connect.pin import pin_key
from gpuinfra.ground.boot_status import GPU_CODE, READ_STATUS, Boot, parse
from gpuinfra.ground.errors import GpuInfraError, HostError, Interrupted, Refused, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.ground.names import command
from gpuinfra.ground.protocols import LiveView
from gpuinfra.ground.world import World

# While it does not let us in, and while a connection is open: then "ready" is noticed within 0.4 s.
POLL_S, CONNECTED_POLL_S = 1.0, 0.25
# From running to a login: EC2 hosts take half a minute, the NVIDIA image a few; then something is wrong.
LOGIN_TIMEOUT_S = 900.0
# sshd may be up before the user and its key are; more tries than a few run into its penalty for strangers
REFUSED_TIMEOUT_S, REFUSED_POLL_S = 10.0, 5.0
PEEK_TIMEOUT_S, PROGRAMS_TIMEOUT_S = 5.0, 30.0
LOGIN_LINE = ("sudo", "-n", "/usr/bin/python3", "-I", "-B", "gpuinfra/host/login_line.py")


def follow(world: World, host: Host) -> Boot:
    """Show the first boot until the environment is proven.

    Raises:
        Interrupted: Ctrl-C; the host goes on by itself.
        HostError: the bootstrap failed.
    """
    try:
        boot = ready(world, host)
        if boot is None:
            with world.reporter.live(progress.TITLE) as view:
                boot = watch(world, host, view)
    except KeyboardInterrupt:
        raise Interrupted(
            f"stopped watching; the host goes on by itself, at {host.address}",
            hint=f"{command('status --watch', host.stack)}   # looks again, from any machine with this state",
        ) from None
    bring_programs(world, host)
    world.reporter.say(f"ready: the environment {boot.environment!r} is proven ({boot.gpu})")
    if boot.cuda:
        settings = world.state.read().settings or world.values.read()
        world.files.write_cuda(settings.image, boot.cuda)  # the next solve is for the host as it is
    if names := difference.differing(world, boot):
        world.reporter.say(f"but {difference.told(names, host.stack)}")
    return boot


def bring_programs(world: World, host: Host) -> None:
    """Renew our programs on the host, with them its guard: not only when the first command needs them.

    A login shows what it costs from now on. A host that cannot be reached just now gets the programs from
    the next command.
    """
    with suppress(GpuInfraError):
        line = world.login_line(world, host).encode()
        world.host.run(host, LOGIN_LINE, stdin=line, timeout_s=PROGRAMS_TIMEOUT_S)


def watch(world: World, host: Host, view: LiveView) -> Boot:
    """Look at the host until its bootstrap has ended well; show each look.

    Raises:
        HostError: the bootstrap failed for good, the host is stopped or gone, or does not let us in.
        Refused: it answers, and has not let the key in for 10 seconds.
    """
    rows = progress.BootRows()

    def show(boot: Boot) -> None:
        view.rows(rows.rows(boot, world.clock.now()))

    show(Boot(state="waiting", message="starting up"))
    pin_key(world, host)
    show(Boot(state="waiting", message="waiting for its ssh"))
    last_login, sent = world.clock.now(), ""
    refused_at: float | None = None
    while True:
        pause_s = POLL_S
        try:
            host, boot = reach(world, host)
            if boot.awaits != sent:  # it needs a second to see what was sent
                sent = awaited_lock.send(world, host, boot)
        except Unreachable as error:
            if world.clock.now() - last_login > LOGIN_TIMEOUT_S:
                raise _no_login(host, error) from None
        except Refused:
            refused_at = world.clock.now() if refused_at is None else refused_at
            if world.clock.now() - refused_at >= REFUSED_TIMEOUT_S:
                raise
            pause_s = REFUSED_POLL_S
        else:
            last_login, pause_s = world.clock.now(), CONNECTED_POLL_S
            show(boot)
            if boot.ended:
                break
        world.clock.sleep(pause_s)
    if boot.state != "done":
        raise failed(boot, host)
    return boot


def ready(world: World, host: Host) -> Boot | None:
    """Return the boot of a host that was ready before; None for any other, without waiting."""
    try:
        boot = reach(world, host)[1] if world.ssh.pinned(host) else None
    except Unreachable:
        return None
    return boot if boot and boot.state == "done" else None


def peek(world: World, host: Host) -> Boot | None:
    """Return how far a host is if a connection is open anyway; None if not, or without an answer."""
    if not world.ssh.is_open(host):
        return None
    try:
        return parse(world.ssh.run(host, READ_STATUS, timeout_s=PEEK_TIMEOUT_S), gpus=host.gpu_count)
    except GpuInfraError:
        return None


def failed(boot: Boot, host: Host) -> HostError:
    """Return the error for a bootstrap that has failed, with the end of its log."""
    logs, cured_by = command("logs", host.stack), command("env apply", host.stack)
    other_files = f"{logs}; after an edit of environment.yml: {cured_by}"
    cure = command("ssh -- sudo reboot", host.stack) if boot.rc == GPU_CODE else other_files
    tail = "".join(f"\n    {line}" for line in boot.error.splitlines() if line.strip())
    return HostError(
        f"the host is up, but its bootstrap failed in the step {boot.step!r}"
        f" (exit code {boot.rc}, attempt {boot.attempt}): {boot.message}{tail}",
        hint=f"{cure}; it costs money until {command('down', host.stack)}",
    )


def _no_login(host: Host, why: Unreachable) -> HostError:
    console, allow = command("logs --console", host.stack), command("allow", host.stack)
    if host.is_private:
        network = "does its network lead to Session Manager (port 443 of AWS)?"
        return HostError(f"given up after 15 minutes without a login: {why.message}; {network}", hint=console)
    return HostError(
        f"given up after 15 minutes without a login: {why.message}",
        hint=f"{console}; if your address has changed: {allow}",
    )
