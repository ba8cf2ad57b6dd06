"""A region that a user names in an option, checked before AWS is asked for it."""

from __future__ import annotations

from pathlib import Path

from gpuinfra.ground import locations
from gpuinfra.ground.errors import ConfigError


def checked(region: str, verb: str) -> str:
    """Return the region; empty for none.

    Raises:
        ConfigError: it is not written as regions are: nobody would answer at its address, and what nobody
            answers is told as not known.
    """
    from gpuinfra.tools.terraform import declared

    variables = declared.variables([Path(locations.shipped()) / "terraform" / "variables.tf"])
    if region and (refusal := declared.refusal("region", region, variables)):
        raise ConfigError(f"--{refusal}", hint=f"gpuinfra {verb} --region us-east-1")
    return region
