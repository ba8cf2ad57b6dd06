"""The end of a host that was kept until the new one is proven; and what is told where that is not."""

from collections.abc import Iterator
from contextlib import contextmanager

from gpuinfra.features.provision import kept_host, kept_lease, kept_text
from gpuinfra.features.provision.kept_bill import closing_of
from gpuinfra.features.provision.kept_host import KeptHost
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.model import Host
from gpuinfra.ground.world import World


@contextmanager
def told(world: World) -> Iterator[None]:
    """Tell of both hosts where the new one could not be proven.

    Raises:
        GpuInfraError: what was raised within.
    """
    try:
        yield
    except GpuInfraError as error:
        kept = kept_host.read(world.files)
        raise kept_text.both_stay(world, kept, error) if kept else error from None


def end_old(world: World, host: Host) -> None:
    """End the host that was kept until this one, which is proven by now; tell what it has cost.

    Raises:
        CloudError: AWS refuses; it is kept on.
        Interrupted: Ctrl-C while on_stop and the jobs' saves run; it is kept on.
    """
    kept = kept_host.read(world.files)
    if kept is None or kept.instance_id == host.instance_id:
        return
    world.reporter.say(
        f"{host.instance_id} is proven: terminating {kept.instance_id}, which was kept until then"
    )
    _run_on_stop(world, kept)
    closing = closing_of(world, kept)
    world.cloud(kept.host.region, None).terminate([kept.instance_id])
    world.events.note("gpuinfra up", kept.instance_id)
    kept_lease.end(world, kept.record)
    closing.close(left=(), foreign=())
    world.ssh.forget(kept.host)
    kept_host.forget(world.files)


def _run_on_stop(world: World, kept: KeptHost) -> None:
    """Let it run on_stop and the jobs' saves, as before any other end; one that is stopped is not started."""
    instance = kept_host.instance_of(world, kept)
    if instance and instance.state == "running":
        world.end_host(world, kept.host, "gpuinfra up --until-ready")
