"""What Terraform evaluates beside terraform.tfvars and our own HCL, and prefers to them.

Source: https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence
and https://developer.hashicorp.com/terraform/language/files/override
The variables of the environment that do the same are kept from Terraform by provider_mirror.DROPPED.
"""

import re
from pathlib import Path

OURS = "pool.auto.tfvars.json"
NAMES = ("terraform.tfvars.json", "*.auto.tfvars", "*.auto.tfvars.json")
OVERRIDES = ("override.tf", "override.tf.json", "*_override.tf", "*_override.tf.json")

# Blocks that take the state away from terraform.tfstate.
ELSEWHERE = re.compile(r'^\s*(backend\s+"\w+"|cloud)\s*\{', re.M)


def beside(directory: Path) -> tuple[Path, ...]:
    """Return the files of a stack that override its terraform.tfvars, or our HCL, in silence.

    Not that in which gpuinfra records where the host was found.
    """
    found = {path for name in (*NAMES, *OVERRIDES) for path in directory.glob(name)}
    return tuple(sorted(path for path in found if path.name != OURS))


def state_elsewhere(directory: Path) -> Path | None:
    """Return the file of a stack that makes Terraform keep its state elsewhere, None if there is none."""
    files = (
        path
        for path in sorted(directory.glob("*.tf"))
        if ELSEWHERE.search(path.read_text("utf-8", "replace"))
    )
    return next(files, None)
