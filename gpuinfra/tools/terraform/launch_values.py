"""Values of terraform.tfvars that gpuinfra itself does not use, as far as they are plain. Pure."""

import re
from collections.abc import Mapping

from gpuinfra.tools.terraform import hcl_text
from gpuinfra.tools.terraform.hcl_text import Expression

# name = "value" or "name" : "value", as a map of HCL has them.
PAIR = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([\w-]+))\s*[=:]\s*"((?:[^"\\]|\\.)*)"')


def texts(text: str) -> dict[str, str]:
    """Return the values that are plain text, by name; raises NotHclError."""
    return {name: it.value for name, it in hcl_text.read(text).items() if isinstance(it.value, str)}


def tags(text: str) -> dict[str, str]:
    """Return the map `tags`, without what only Terraform can evaluate; raises NotHclError."""
    value = getattr(hcl_text.read(text).get("tags"), "value", None)
    found: Mapping[str, str] = {}
    if isinstance(value, Expression):
        found = {quoted or bare: said for quoted, bare, said in PAIR.findall(value.text)}
    pairs = ((hcl_text.unquoted(name), hcl_text.unquoted(said)) for name, said in found.items())
    return {name: said for name, said in pairs if isinstance(name, str) and isinstance(said, str)}
