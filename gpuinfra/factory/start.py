"""Builds what `start` needs beside the world: other places than the host's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuinfra.features.lifecycle.start_elsewhere import Elsewhere


def elsewhere(*, moves: bool = False, yes: bool = False) -> Elsewhere:
    """Return where else a host may start; `moves`: whether it may, `yes`: unasked."""
    from gpuinfra.features.lifecycle.start_elsewhere import Elsewhere
    from gpuinfra.tools.aws.images import HostImages

    return Elsewhere(images=HostImages, moves=moves, yes=yes)
