"""`eject`: a project's Terraform becomes the user's own; plain Terraform goes on without us, and so do we."""

import shlex
from collections.abc import Callable
from pathlib import Path

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.paths import Project


def eject(project: Project, copy: Callable[[Path], None], say: Callable[[str], object]) -> Path:
    """Put copies of our module in the place of the links to it; return the folder.

    Raises:
        ConfigError: they are the user's own already.
    """
    folder = project.folder
    if project.is_clone or project.is_ejected:
        raise ConfigError(
            f"the Terraform in {folder} is your own already", hint=f"cd {shlex.quote(str(folder))}"
        )
    copy(project.module)
    say("the module is yours now, to edit and commit; gpuinfra goes on with it, and so does plain Terraform:")
    say(f"  cd {shlex.quote(str(folder))} && terraform init && terraform plan")
    return folder
