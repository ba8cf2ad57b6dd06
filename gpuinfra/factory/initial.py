"""Builds what `init` and `eject` need, beside the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gpuinfra.factory import default_region
from gpuinfra.ground import paths

if TYPE_CHECKING:
    from gpuinfra.features.provision.init import InitValues, Profile
    from gpuinfra.ground.world import World


def init_values(
    environ: Mapping[str, str],
    *,
    region: str = "",
    owner: str = "",
    cidr: str = "",
    public_key: Path | None = None,
    instance_type: str = "",
    max_usd: str = "",
    asks: bool = False,
    profile: Profile | None = None,
) -> InitValues:
    """Return what `init` writes: what the user said, else what the profile says, or they answer; else what
    can be found out.
    """
    from gpuinfra.features.provision import init
    from gpuinfra.tools.terminal.terminal import Terminal

    def kept(name: str, said: object) -> bool:
        return not said and profile is not None and name in profile.names

    def value(name: str, said: str, default: Callable[[], str], question: Callable[[], str]) -> str:
        if said or kept(name, said):
            return said
        return Terminal().ask(question(), default()) if asks else default()

    return init.InitValues(
        instance_type=lambda: value(
            "instance_type", instance_type, lambda: init.DEFAULT_TYPE if asks else "", init.type_question
        ),
        region=lambda: value("region", region, default_region, lambda: "region"),
        owner=lambda: value("owner", owner, _owner, lambda: "owner, who answers for the host"),
        cidr=lambda: _cidr(cidr, environ),
        max_usd=lambda: value("max_usd", max_usd, lambda: init.NO_LIMIT, lambda: init.LIMIT_QUESTION),
        public_key=lambda: None if kept("public_key_path", public_key) else _public_key(public_key, environ),
        profile=profile,
    )


def profile(world: World, name: str) -> Profile | None:
    """Return the values to begin with that a user names, of another stack or a file; None for no name."""
    from gpuinfra.features.provision.init import Profile, profile_file
    from gpuinfra.tools.terraform.tfvars import TfvarsFile

    if not name:
        return None
    path = profile_file(world.project, name, world.here)
    return Profile(path=path, names=TfvarsFile(path, module=world.project.module).names())


def my_cidr(environ: Mapping[str, str]) -> str:
    """Return the caller's own address as a /32 or /128."""
    from gpuinfra.tools.aws import public_address

    return public_address.my_cidr(environ)


def _owner() -> str:
    import getpass

    from gpuinfra.features.provision.init import owner_of

    return owner_of(getpass.getuser())


def _cidr(cidr: str, environ: Mapping[str, str]) -> str:
    from gpuinfra.features.provision.allow import normal

    return normal(cidr) if cidr else my_cidr(environ)


def _public_key(key: Path | None, environ: Mapping[str, str]) -> Path:
    from gpuinfra.tools.ssh import keys

    return keys.public_key(key) if key else keys.own_key(paths.state_home(environ) / "keys")
