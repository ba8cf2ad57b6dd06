"""What Terraform sends to a new host: the project's files read, checked, rendered and written.

What reads and renders them is imported where it is used: every command holds a UserData, few write one.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

from gpuinfra.ground import facts, locations
from gpuinfra.ground.model import Settings
from gpuinfra.ground.paths import Project
from gpuinfra.tools.adapter import adapter

if TYPE_CHECKING:
    from gpuinfra.features.boot.cloud_init import BootContext
    from gpuinfra.features.environment.files import ProjectFiles


class BootFiles(Protocol):
    """Where a stack keeps what it sends."""

    def nonce(self) -> str:
        """Return what marks the host's keys on its console."""

    def write_user_data(self, data: bytes) -> None:
        """Write the first-boot instructions for Terraform."""


@adapter("the project's files for the host cannot be read")
class UserData:
    """The project's files for a host: sent at its first boot, or after it where they do not fit."""

    def __init__(self, files: BootFiles, project: Project, *, alias: str = "") -> None:
        """alias: what stands before the bare name of a conda channel, empty for conda's own."""
        self._files = files
        self._project, self._alias = project, alias

    def write(self, settings: Settings) -> tuple[str, ...]:
        """Write the first-boot instructions of a stack; return warnings about environment.yml.

        Raises:
            ConfigError: a file is wrong, stale, holds a secret, or does not fit; nothing is written then.
        """
        from gpuinfra.features.boot.cloud_init import render

        context, warnings = self._context(settings, nonce=self._files.nonce())
        self._files.write_user_data(render(context, templates=self._project.templates))
        return warnings

    def require(self, settings: Settings) -> None:
        """Find out whether a new host could be sent all that; write nothing.

        Raises:
            ConfigError: as `write`.
        """
        from gpuinfra.features.boot.cloud_init import render

        context, _ = self._context(settings, nonce="0" * 32)
        render(context, templates=self._project.templates)

    def lock(self) -> bytes | None:
        """Return environment.lock, None when there is none."""
        return self._given().lock()

    def on_stop(self) -> bytes | None:
        """Return what runs before the host ends, None when there is none; raises ConfigError if it cannot."""
        return self._given().on_stop()

    def digests(self) -> dict[str, str]:
        """Return the sha256 of each file for the host, by its name here.

        Raises:
            ConfigError: there is no environment.yml.
        """
        from gpuinfra.features.environment.files import ENVIRONMENT, REQUIREMENTS, STARTUP
        from gpuinfra.features.environment.lock_file import FILE

        given = self._given()
        files = {
            ENVIRONMENT: given.environment(),
            REQUIREMENTS: given.requirements(),
            STARTUP: given.startup(),
            FILE: given.lock(),
        }
        return {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if data is not None}

    def parcel(self, settings: Settings) -> tuple[bytes, tuple[str, ...]]:
        """Return what `env apply` brings to a living host, and warnings; a lock goes along at any length.

        Raises:
            ConfigError: a file is wrong, stale or holds a secret.
        """
        from gpuinfra.features.boot import parcel

        context, warnings = self._context(settings, nonce=self._files.nonce())
        return parcel.pack(context, templates=self._project.templates), warnings

    def _given(self) -> ProjectFiles:
        from gpuinfra.features.environment.files import ProjectFiles

        return ProjectFiles(self._project.root, alias=self._alias)

    def _context(self, settings: Settings, *, nonce: str) -> tuple[BootContext, tuple[str, ...]]:
        return context_of(
            self._given(),
            stack=settings.stack,
            nonce=nonce,
            installer=settings.installer,
            instance_type=settings.instance_type,
            folder=locations.host_folder(locations.synced_root(str(self._project.root))),
        )


def context_of(
    given: ProjectFiles, *, stack: str, nonce: str, installer: str, instance_type: str = "", folder: str = ""
) -> tuple[BootContext, tuple[str, ...]]:
    """Return all that the host is told, and the warnings about environment.yml.

    Raises:
        ConfigError: a file is wrong, stale or holds a secret.
    """
    from gpuinfra.features.boot.cloud_init import BootContext
    from gpuinfra.features.environment import channels, cpu_packages, host_environment, lock_file
    from gpuinfra.features.environment.lint import lint, require

    data, lock, requirements = given.environment(), given.lock(), given.requirements()
    gpu_type = instance_type if facts.has_nvidia_gpu(instance_type) else ""
    report = lint(data, travels=given.travels(), gpu_type=gpu_type, lines=given.requirement_lines())
    warnings = require(report)
    # a stale one is refused as such, by the context
    current = lock if lock is not None and not lock_file.is_stale(lock, data) else None
    if gpu_type:
        cpu_packages.refuse(current, gpu_type)
    lock_file.refuse_foreign(current or b"", channels.names(report.document), given.alias)
    text = lock.decode("utf-8", "replace") if lock else ""
    environment = host_environment.split(
        report.document, has_requirements=requirements is not None, lock=text
    )
    context = BootContext(
        stack=stack,
        nonce=nonce,
        installer=installer,
        instance_type=instance_type,
        environment_yml=data,
        environment=environment,
        requirements_txt=requirements,
        startup_script=given.startup(),
        on_stop=given.on_stop(),
        folder=folder,
        lock=lock,
    )
    return context, warnings
