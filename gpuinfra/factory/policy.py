"""Builds what `policy` needs, beside the world."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuinfra.features.policy.chosen import Chosen
    from gpuinfra.ground.world import World


def chosen(world: World) -> Chosen:
    """Return what the stack's terraform.tfvars chooses.

    Raises:
        ConfigError: it is missing, or not as Terraform takes it.
    """
    from gpuinfra.features.policy.chosen import Chosen
    from gpuinfra.tools.terraform.tfvars import TfvarsFile

    settings = world.values.read()
    written = TfvarsFile(world.project.stack(world.files.name).tfvars, module=world.project.module).written()
    return Chosen(settings=settings, values=written)
