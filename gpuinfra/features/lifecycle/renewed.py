"""Terraform's record, renewed after EC2 did something by itself, so that the next plan is empty."""

from gpuinfra.features.provision import progress
from gpuinfra.features.provision.outcome import check
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.model import Host, Settings
from gpuinfra.ground.names import command
from gpuinfra.ground.world import World


def settings_as_recorded(host: Host) -> Settings:
    """Return what the words of errors need; terraform.tfvars may be broken, or another host's, by now."""
    return Settings(
        stack=host.stack, owner=host.owner, region=host.region, instance_type=host.instance_type,
        image=host.image, root_volume_size_gb=host.root_volume_size_gb, allowed_cidrs=host.allowed_cidrs,
        installer="", project="", access=host.access,
    )  # fmt: skip


def record(world: World, host: Host) -> None:
    """Write what AWS shows now into Terraform's record.

    Raises:
        GpuInfraError: Terraform refuses; the host is as EC2 was asked to make it.
    """
    try:
        with progress.shown(world, "Recording") as on_progress:
            terraform = world.terraform()
            terraform.init()
            terraform.give({"pool": host.place.plain()})  # an edit of `market` is for the next host
            outcome = terraform.refresh(on_progress=on_progress)
        check(world, outcome, settings_as_recorded(host))
    except GpuInfraError as error:
        message = f"EC2 has done it, but Terraform's record was not renewed: {error.message}"
        raise type(error)(message, hint=error.hint or command("status", host.stack)) from None
