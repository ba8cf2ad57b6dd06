"""A stack's directory shares the root module by links, so that plain `terraform apply` works in it."""

import os
import shutil
from pathlib import Path

LOCK, EXAMPLE = ".terraform.lock.hcl", "terraform.tfvars.example"


def link_module(module: Path, directory: Path) -> None:
    """Link the root module into a stack's directory; a file of the user's own is left as it is."""
    if directory == module:
        return
    directory.mkdir(parents=True, exist_ok=True)
    for link in directory.glob("*.tf"):
        if link.is_symlink() and not link.exists():
            link.unlink()  # the root module lost a file since; Terraform would stumble over the rest of it
    for name in _names(module):
        link, target = directory / name, _target(module / name, directory)
        if link.is_symlink() and _is_ours(link) and link.readlink() != target:
            link.unlink()  # of another version, or from before `eject`
        if not link.is_symlink() and not link.exists():
            link.symlink_to(target)


def copy_module(module: Path, directory: Path) -> None:
    """Put copies in the place of the links, main.tf last: after a crash the next call goes on."""
    shutil.copyfile(module / EXAMPLE, directory / EXAMPLE)
    names = sorted(_names(module), key=lambda name: name == "main.tf")
    for link in (directory / name for name in names if (directory / name).is_symlink()):
        source, draft = link.resolve(), link.with_name(f".{link.name}.new")
        if source.is_dir():
            shutil.copytree(source, draft, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, draft)
        link.unlink()
        draft.rename(link)


def _names(module: Path) -> list[str]:
    return [*sorted(path.name for path in module.glob("*.tf")), "modules", LOCK]


def _target(source: Path, directory: Path) -> Path:
    """Return what a link holds: a relative path within a project, which may be moved as a whole."""
    within = directory.is_relative_to(source.parent)
    return Path(os.path.relpath(source, directory)) if within else source


def _is_ours(link: Path) -> bool:
    """Tell whether a link leads into what some gpuinfra carries along, there still or not."""
    return link.readlink().parts[-3:-1] == ("shipped", "terraform")
