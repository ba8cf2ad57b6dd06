"""Builds what the quotas need, beside the world."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gpuinfra.factory import default_region, regions, world
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.pool import ON_DEMAND, SPOT, Pool

if TYPE_CHECKING:
    from gpuinfra.features.quota.account import AccountQuotas
    from gpuinfra.ground.model import Settings


def quotas(
    stack: str, environ: Mapping[str, str], *, region: str = "", instance_type: str = "", spot: bool = False
) -> AccountQuotas:
    """Return the account's quotas in a region: the one said, else that of a stack, else the user's own.

    instance_type: asked for in place of what the stack's terraform.tfvars says. spot: on that market alone.
    """
    from gpuinfra.features.quota.account import AccountQuotas
    from gpuinfra.features.quota.ahead import needed_for
    from gpuinfra.ground.world import Clock
    from gpuinfra.tools.aws.quotas import Quotas
    from gpuinfra.tools.terminal.terminal import Terminal

    settings = _settings(stack, environ)
    named = regions.checked(region, "quota show") or (settings.region if settings else "") or default_region()
    places = needed_for(settings) if settings else ()
    if instance_type:
        places = (Pool(instance_type=instance_type, market=SPOT if spot else ON_DEMAND),)
    elif spot:
        places = tuple(Pool(instance_type=it.instance_type, market=SPOT) for it in places)
    return AccountQuotas(
        Quotas(named, settings),
        region=named,
        places=places,
        stack=stack,
        reporter=Terminal(),
        clock=Clock(sleep=time.sleep, now=time.monotonic),
        is_named=bool(region),
    )


def _settings(stack: str, environ: Mapping[str, str]) -> Settings | None:
    """Return the values of a stack, None where there is none: quotas can be seen without a project."""
    try:
        it = world(stack, environ)
        return it.values.read() if it.values.exists() else None
    except ConfigError:
        return None
