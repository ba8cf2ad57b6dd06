"""Builds what `doctor` looks at: a project's values where there are some, else what would hold by default."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gpuinfra.factory import default_region, initial, regions, world
from gpuinfra.ground import locations
from gpuinfra.ground.errors import ConfigError

if TYPE_CHECKING:
    from gpuinfra.features.doctor.situation import LocalMachine, Situation
    from gpuinfra.ground.model import Settings
    from gpuinfra.ground.protocols import Reporter
    from gpuinfra.ground.world import World


def situation(
    stack: str, environ: Mapping[str, str], *, region: str = "", instance_type: str = ""
) -> Situation:
    """Return what there is to look at; region, instance_type: instead of those of terraform.tfvars."""
    import platform

    from gpuinfra.features.doctor.situation import Situation
    from gpuinfra.ground.account_facts import LaunchValues
    from gpuinfra.ground.model import Record
    from gpuinfra.tools.aws.doctor import AwsAccount
    from gpuinfra.tools.aws.quotas import Quotas

    region = regions.checked(region, "doctor")
    try:
        it, trouble = world(stack, environ), None
    except ConfigError as error:
        it, trouble = None, error if error.hint.startswith("gpuinfra trust") else None
    is_set_up = it is not None and it.values.exists()
    settings, wrong = _settings(it if is_set_up else None, region, instance_type)
    return Situation(
        settings=settings,
        account=AwsAccount(settings.region, settings),
        quotas=Quotas(settings.region, settings),
        machine=_machine(it, stack, environ),
        record=it.state.read() if it else Record(),
        file=_file(it, stack) if it and is_set_up else None,
        trouble=wrong or trouble,
        others=it.values.launch_values() if it and is_set_up and not wrong else LaunchValues(),
        python=platform.python_version(),
        is_other_region=bool(region),
    )


def _settings(it: World | None, region: str, instance_type: str) -> tuple[Settings, ConfigError | None]:
    """Return the values asked for, and why those of the file cannot be used."""
    settings, wrong = _defaults(), None
    if it:
        try:
            settings = it.values.read()
        except ConfigError as error:
            wrong = error
    settings = dataclasses.replace(settings, region=region or settings.region or default_region())
    if instance_type:
        settings = dataclasses.replace(settings, instance_type=instance_type, instance_types=())
    return settings, wrong


def _defaults() -> Settings:
    from gpuinfra.tools.terraform.tfvars import TfvarsFile

    module = Path(locations.shipped()) / "terraform"
    return TfvarsFile(module / "terraform.tfvars", module=module).defaults()


def _machine(it: World | None, stack: str, environ: Mapping[str, str]) -> LocalMachine:
    from gpuinfra.features.doctor.this_machine import ThisMachine

    return ThisMachine(
        environ=environ,
        directory=it.project.stack(stack).directory if it else Path.cwd(),
        address=lambda: initial.my_cidr(environ),
        trouble=lambda: it.ssh.key_trouble(it.values.private_key(), stack) if it else None,
    )


def _file(it: World | None, stack: str) -> Path:
    return it.project.stack(stack).tfvars if it else Path()


def reporter() -> Reporter:
    """Return the terminal, which is told how far the checks are."""
    from gpuinfra.tools.terminal.terminal import Terminal

    return Terminal()
