"""Named stacks: directories that share the root module by symbolic links."""

import os
from pathlib import Path


def link_module(module: Path, directory: Path) -> None:
    """Link the root module into a stack's directory, so that plain `terraform apply` works in it."""
    if directory == module:
        return
    directory.mkdir(parents=True, exist_ok=True)
    up = Path(os.path.relpath(module, directory))
    for link in directory.glob("*.tf"):
        if link.is_symlink() and not link.exists():
            link.unlink()  # the root module lost a file since; Terraform would stumble over the rest of it
    names = [*(p.name for p in module.glob("*.tf")), "modules", ".terraform.lock.hcl"]
    for name in names:
        link = directory / name
        if not link.is_symlink() and not link.exists():
            link.symlink_to(up / name)
