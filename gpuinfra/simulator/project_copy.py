"""A throw-away copy of the project, so that a demo or a test cannot touch the user's values and state."""

import shutil
from collections.abc import Mapping
from pathlib import Path

PARTS = ("terraform", "cloud-init", "environment.yml", "test.py")
PRIVATE = shutil.ignore_patterns(
    "stacks",
    ".terraform",
    "*.tfstate*",
    "terraform.tfvars",
    "*.auto.tfvars*",
    "*.tfplan",
    "user-data.yaml.gz",
    "host-key-nonce",
)


def copy_project(source: Path, target: Path) -> Path:
    """Copy what a clone holds, without anybody's values, state or provider; returns `target`."""
    for name in PARTS:
        part = source / name
        if part.is_dir():
            shutil.copytree(part, target / name, ignore=_private, symlinks=True)
        else:
            shutil.copy2(part, target / name)
    for fetched in source.glob(".tools/terraform-*"):  # where there is none on PATH
        (target / ".tools").mkdir(exist_ok=True)
        (target / ".tools" / fetched.name).symlink_to(fetched)
    return target


def _private(directory: str, names: list[str]) -> set[str]:
    """Name what stays behind; the fixtures of terraform/tests look like values but belong to the clone."""
    return set() if Path(directory).match("terraform/tests/*") else set(PRIVATE(directory, names))


def private_env(environ: Mapping[str, str], directory: Path, project: Path) -> dict[str, str]:
    """Return `environ` with the project and every XDG directory of ours inside `directory`."""
    homes = {"XDG_STATE_HOME": directory / "state", "XDG_CACHE_HOME": directory / "cache"}
    return {**environ, "GPUINFRA_PROJECT": str(project), **{k: str(v) for k, v in homes.items()}}
