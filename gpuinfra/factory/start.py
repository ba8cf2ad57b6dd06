"""Builds what `start` needs beside the world: other places than the host's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuinfra.features.lifecycle.start_elsewhere import Elsewhere
    from gpuinfra.ground.world import World


def elsewhere(world: World, *, moves: bool = False, yes: bool = False) -> Elsewhere:
    """Return where else a host may start; `moves`: whether it may, `yes`: unasked."""
    from gpuinfra.features.lifecycle.start_elsewhere import Elsewhere
    from gpuinfra.tools.aws.images import HostImages
    from gpuinfra.tools.terraform.pool_file import PoolFile

    pool = PoolFile(world.project.stack(world.files.name).pool_file)
    return Elsewhere(images=HostImages, pool=pool, moves=moves, yes=yes)
