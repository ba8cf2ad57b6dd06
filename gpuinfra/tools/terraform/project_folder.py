"""The folder gpuinfra/ in a user's project: what of it is theirs to commit, which version's module it has."""

import shutil
from pathlib import Path

from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.files import replace_text
from gpuinfra.tools.terraform.links import copy_module, link_module

HEAD = "# Written by gpuinfra. To commit: your values. The rest is private, or made on each machine."
LINKED = f"{HEAD}\n*\n!.gitignore\n!stacks/\n!stacks/*/\n!terraform.tfvars\n"
PRIVATE = (
    ".gpuinfra-version", ".terraform/", "*.tfstate", "*.tfstate.*", "*.tfplan", "*.auto.tfvars.json",
    "user-data.yaml.gz", "host-key-nonce", "host-cuda.json", "last-run.log",
    "history.jsonl", "events.jsonl", "events.jsonl.1", "last-leaks.json", "receipts.jsonl", "lease.json",
    "restarts.json", "kept-host.json", "moved.jsonl", "disk-copies.jsonl",
)  # fmt: skip
EJECTED = "\n".join(["# Written by gpuinfra: what is private, or made on each machine.", *PRIVATE, ""])


@adapter("the project's folder gpuinfra/ cannot be used")
class ProjectFolder:
    """The folder of one project that was not cloned."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def eject(self, module: Path) -> None:
        """Put copies of a module in the place of the links to it; other stacks then lead to these."""
        gitignore = self._folder / ".gitignore"
        if not gitignore.exists() or gitignore.read_text(encoding="utf-8") == LINKED:
            replace_text(gitignore, EJECTED)
        copy_module(module, self._folder)
        stacks = [path for path in (self._folder / "stacks").glob("*/") if path.is_dir()]
        for stack in stacks:
            link_module(self._folder, stack)
        for stack in (self._folder, *stacks):  # Terraform would go on with the module whose path it has kept
            shutil.rmtree(stack / ".terraform/modules", ignore_errors=True)

    def was_of(self, version: str) -> str:
        """Note the version that works here; return the one before, if that was another.

        At the first time, git is told what of the folder is the user's; their own .gitignore is left alone.
        """
        path = self._folder / ".gpuinfra-version"
        before = path.read_text(encoding="utf-8").strip() if path.exists() else ""
        if not (before or (self._folder / ".gitignore").exists()):
            replace_text(self._folder / ".gitignore", LINKED)
        if before != version:
            replace_text(path, f"{version}\n")
        return before if before != version else ""
