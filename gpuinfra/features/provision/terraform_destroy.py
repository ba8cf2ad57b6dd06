"""Terraform's part of `down`; where it ends in the middle, what is still there is told."""

from contextlib import suppress

from gpuinfra.features.provision import progress
from gpuinfra.features.provision.blockers import Blockers
from gpuinfra.features.provision.closing import Closing
from gpuinfra.features.provision.kept_host import GONE
from gpuinfra.features.provision.outcome import check, describe
from gpuinfra.ground.errors import CloudError, GpuInfraError
from gpuinfra.ground.model import Outcome, Record, Settings
from gpuinfra.ground.world import World


def terraform_destroy(world: World, settings: Settings, record: Record, closing: Closing) -> Outcome:
    """Remove what is recorded.

    Raises:
        GpuInfraError: AWS or Terraform refuses; the receipt of a host that is gone is kept all the same.
    """
    terraform, watch = world.terraform(), Blockers(world, settings, record)
    with progress.shown(world, "Destroying", note=watch.note) as on_progress:
        terraform.init()
        outcome = terraform.destroy(instead=_values(settings), on_progress=on_progress)
    try:
        check(world, outcome, settings)
    except GpuInfraError:
        closing.cut_short()
        _tell_alive(world, settings, record)
        raise
    return outcome


def _tell_alive(world: World, settings: Settings, record: Record) -> None:
    """Say that the host is still there after a removal that ended in the middle."""
    with suppress(CloudError):
        cloud = world.cloud(settings.region, settings)
        alive = [it for name in sorted(record.ids_of("aws_instance")) if (it := cloud.instance(name))]
        if hosts := [it for it in alive if it.state not in GONE]:
            lease = (
                "; what AWS would end it by may be gone" if record.ids_of("aws_scheduler_schedule") else ""
            )
            world.reporter.say(f"! still there, and it costs money{lease}: {describe(hosts)}")


def _values(settings: Settings) -> dict[str, object]:
    """Return what Terraform asks for even to destroy, for the case that terraform.tfvars is gone."""
    asked = ("stack", "owner", "project", "region")
    return {**{k: getattr(settings, k) for k in asked}, "allowed_cidrs": [], "public_key_path": "gone.pub"}
