"""`trust`: a project that the user did not set up with this program runs only once they have said so.

A project is code: its Terraform, its scripts for the host, its .tools/. Whoever types gpuinfra in a directory
need not know what lies in it, or above it; so it is asked about once, as direnv and mise do.
"""

import shlex
from pathlib import Path

from gpuinfra.features.trust.record import TrustedProjects
from gpuinfra.ground import locations
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.paths import BEGIN, LOOKED_FOR
from gpuinfra.ground.protocols import Reporter

MEANS = "its Terraform and scripts run with your AWS credentials"


def ask(project: Path, trusted: TrustedProjects, reporter: Reporter) -> None:
    """Ask about a project that is not trusted, and record a yes.

    Raises:
        ConfigError: the answer is no, or there is no terminal to ask at.
    """
    if reporter.offer(f"{project} is a gpuinfra project that is new to you: {MEANS}. Trust it?"):
        trusted.add(project)
        return
    raise ConfigError(
        f"{project} is a gpuinfra project that you have not trusted; if you do, {MEANS}",
        hint=f"gpuinfra trust {shlex.quote(str(project))}",
    )


def trust(directory: Path, trusted: TrustedProjects) -> Path:
    """Record the project that a directory lies in; return it.

    Raises:
        ConfigError: there is none.
    """
    found = locations.find_project(str(directory.resolve()), {})
    if not found:
        raise ConfigError(f"no gpuinfra project at or above {directory} ({LOOKED_FOR})", hint=BEGIN)
    trusted.add(Path(found))
    return Path(found)
