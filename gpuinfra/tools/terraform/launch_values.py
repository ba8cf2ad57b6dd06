"""Values of terraform.tfvars that gpuinfra itself does not use, as far as they are plain. Pure."""

import re
from collections.abc import Mapping

from gpuinfra.ground.account_facts import LaunchValues
from gpuinfra.tools.terraform import hcl_text
from gpuinfra.tools.terraform.hcl_text import Expression, Value

# name = "value" or "name" : "value", as a map of HCL has them.
PAIR = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([\w-]+))\s*[=:]\s*"((?:[^"\\]|\\.)*)"')


def of(values: Mapping[str, Value]) -> LaunchValues:
    """Return those of a file's values that are plain text."""
    said = {name: value for name, value in values.items() if isinstance(value, str)}
    return LaunchValues(
        tags=_tags(values.get("tags")),
        kms_key_id=said.get("kms_key_id", ""),
        zone=said.get("availability_zone", ""),
        private_network=said.get("private_network", ""),
    )


def _tags(value: Value) -> dict[str, str]:
    """Return the map `tags`, without what only Terraform can evaluate."""
    found: Mapping[str, str] = {}
    if isinstance(value, Expression):
        found = {quoted or bare: said for quoted, bare, said in PAIR.findall(value.text)}
    pairs = ((hcl_text.unquoted(name), hcl_text.unquoted(said)) for name, said in found.items())
    return {name: said for name, said in pairs if isinstance(name, str) and isinstance(said, str)}
