"""What Terraform evaluates beside terraform.tfvars and our own HCL, and prefers to them.

Source: https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence and
https://developer.hashicorp.com/terraform/language/files/override. The variables of the environment that do the
same are kept from Terraform by provider_mirror.DROPPED.
"""

from pathlib import Path

NAMES = ("terraform.tfvars.json", "*.auto.tfvars", "*.auto.tfvars.json")
OVERRIDES = ("override.tf", "override.tf.json", "*_override.tf", "*_override.tf.json")


def beside(directory: Path) -> tuple[Path, ...]:
    """Return the files of a stack that override its terraform.tfvars, or our HCL, in silence."""
    return tuple(sorted({path for name in (*NAMES, *OVERRIDES) for path in directory.glob(name)}))
