"""A project that was prepared once and is copied for each test, with all that it keeps beside the clone."""

import dataclasses
import shutil
from pathlib import Path

from tests.e2e.cli import Cli


def copied(cli: Cli, home: Path) -> Cli:
    """Copy a project and the folders beside it to another place; return the command line there.

    Files name the place that they lie in (the path of a key, the stamp of `terraform init`): they name the
    other one then.
    """
    old = cli.project.parent
    shutil.copytree(old, home, symlinks=True, dirs_exist_ok=True)
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if str(old).encode() in data:
                path.write_bytes(data.replace(str(old).encode(), str(home).encode()))
    env = {name: value.replace(str(old), str(home)) for name, value in cli.env.items()}
    return dataclasses.replace(cli, project=home / cli.project.relative_to(old), env=env)
