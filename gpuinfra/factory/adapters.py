"""Makes what stands for the world outside: state, Terraform, AWS; each at its first use."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gpuinfra.ground import paths
from gpuinfra.ground.paths import Project, Stack

if TYPE_CHECKING:
    from gpuinfra.ground.account_facts import AccountReader
    from gpuinfra.ground.disk_copy import DiskCopy
    from gpuinfra.ground.later_start import LaterStarts
    from gpuinfra.ground.model import Host, Settings, Tags
    from gpuinfra.ground.protocols import (
        Cloud,
        EventLog,
        PoolRecord,
        PriceSource,
        Provisioner,
        Reporter,
        StateFile,
        Values,
    )
    from gpuinfra.ground.quota import QuotaSource
    from gpuinfra.ground.world import World


def state_file(stack: Stack, environ: Mapping[str, str]) -> StateFile:
    """Return Terraform's record of a stack."""
    import os
    import tempfile

    from gpuinfra.tools.terraform.state import LocalState

    own, shared = paths.state_home(environ) / "rescued", Path(tempfile.gettempdir())
    directories = (own, shared / f"gpuinfra-{os.getuid()}")  # often another file system
    return LocalState(stack.state, stack=stack.name, rescue_directories=directories)


def values(project: Project, stack: Stack, environ: Mapping[str, str]) -> Values:
    """Return the terraform.tfvars of a stack."""
    from gpuinfra.tools.terraform.tfvars import TfvarsFile

    kept = paths.cache_home(environ) / "values"
    return TfvarsFile(stack.tfvars, module=project.module, kept=kept)


def pool_record(stack: Stack) -> PoolRecord:
    """Return the record of where a stack's host was found."""
    from gpuinfra.tools.terraform.pool_file import PoolFile

    return PoolFile(stack.pool_file)


def terraform(project: Project, stack: Stack, environ: Mapping[str, str], reporter: Reporter) -> Provisioner:
    """Return Terraform in a stack's directory."""
    from gpuinfra.tools.terraform.opened import opened

    return opened(project, stack, environ, reporter)


def start_host(world: World) -> Host:
    """Start the host, for a feature that finds it stopped."""
    from gpuinfra.factory.start import elsewhere
    from gpuinfra.features.lifecycle.power import start

    return start(world, elsewhere())


def event_log(stack: Stack) -> EventLog:
    """Return what happened to a stack's hosts, as kept here."""
    from gpuinfra.features.events.kept import EventFile

    return EventFile(stack.events_file)


def end_host(world: World, host: Host, reason: str) -> None:
    """Let a host that is about to end run on_stop and save."""
    from gpuinfra.features.ending.ending import end

    end(world, host, reason)


def login_line(world: World, host: Host) -> str:
    """Return what a login on the host shows of its price."""
    from gpuinfra.features.money.login_line import login_line

    return login_line(world, host)


def cloud(region: str, settings: Settings | None) -> Cloud:
    """Return AWS in a region."""
    from gpuinfra.tools.aws.ec2 import Aws

    return Aws(region=region, settings=settings, sleep=time.sleep)


def price_source(region: str) -> PriceSource:
    """Return AWS's price list for a region."""
    from gpuinfra.tools.aws.pricing import PriceList

    return PriceList(region)


def quota_source(region: str, settings: Settings | None) -> QuotaSource:
    """Return the account's quotas in a region."""
    from gpuinfra.tools.aws.quotas import Quotas

    return Quotas(region, settings)


def later_starts(region: str, settings: Settings | None) -> LaterStarts:
    """Return what lets AWS start a stopped host once it has capacity."""
    from gpuinfra.tools.aws.later_starts import StateMachines

    return StateMachines(region, settings)


def account_reader(region: str, settings: Settings | None) -> AccountReader:
    """Return the account, seen from a region."""
    from gpuinfra.tools.aws.doctor import AwsAccount

    return AwsAccount(region, settings)


def disk_copies(region: str, tags: Tags) -> Sequence[DiskCopy]:
    """Return the copies of disks that a stack has in a region."""
    from gpuinfra.tools.aws.images import HostImages

    return HostImages(region).copies(tags)


def with_aws(it: World) -> World:
    """Return a world that can also ask AWS for what only some commands need to know."""
    import dataclasses

    return dataclasses.replace(
        it,
        price_source=price_source,
        quota_source=quota_source,
        account_reader=account_reader,
        later_starts=later_starts,
        disk_copies=disk_copies,
    )
