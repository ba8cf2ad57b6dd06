"""terraform.tfvars: read with an HCL parser; changed by replacing one value, all else kept byte for byte."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.terraform.links import link_module
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Settings
from gpuinfra.tools.files import replace_text

# The few defaults that decide what Python does; they repeat terraform/variables.tf and a test compares them.
DEFAULTS: dict[str, Any] = {
    "stack": "default",
    "project": "gpuinfra",
    "instance_type": "g4dn.xlarge",
    "image": "nvidia",
    "root_volume_size_gb": 128,
    "installer": "miniconda",
    "access": "ssh",
}
REQUIRED = ("owner", "region", "allowed_cidrs")


@adapter("terraform.tfvars cannot be used")
class TfvarsFile:
    """The Values port: the terraform.tfvars of one stack."""

    def __init__(self, path: Path, *, module: Path) -> None:
        self._path = path
        self._module = module

    def exists(self) -> bool:
        """Tell whether the file is there."""
        return self._path.exists()

    def read(self) -> Settings:
        """Return the settings that gpuinfra itself uses."""
        return read(self._path)

    def public_key(self) -> str:
        """Return the public key that the file names, as type and key; empty when there is none."""
        path = Path(str(_values(self._path).get("public_key_path", ""))).expanduser()
        try:
            return " ".join((self._path.parent / path).read_text(errors="replace").strip().split("\n")[0].split()[:2])
        except OSError:
            return ""  # the module's own condition says so

    def private_key(self) -> Path:
        """Return where the private half of the key that the file names should be: as output private_key_path."""
        named = str(_values(self._path).get("public_key_path", ""))
        return self._path.parent / Path(named.removesuffix(".pub")).expanduser()

    def create(self, values: Mapping[str, object]) -> Path:
        """Write the file from terraform.tfvars.example; make the stack's directory if there is none."""
        link_module(self._module, self._path.parent)
        example = (self._module / "terraform.tfvars.example").read_text(encoding="utf-8")
        replace_text(self._path, replace(example, values))
        return self._path

    def change(self, values: Mapping[str, object]) -> None:
        """Replace single values, all else kept byte for byte."""
        replace_text(self._path, replace(_text(self._path), values))


def read(path: Path) -> Settings:
    """Return the settings that gpuinfra itself uses.

    Raises:
        ConfigError: the file is missing, is not HCL, or lacks a value that has no default.
    """
    values = _values(path)
    missing = [k for k in REQUIRED if values.get(k) is None]
    if missing:
        raise ConfigError(f"{path} does not set {', '.join(missing)}", hint="gpuinfra init")
    given = {k: v for k, v in values.items() if v is not None}
    merged = {**DEFAULTS, **{k: v for k, v in given.items() if k in (*DEFAULTS, *REQUIRED)}}
    cidrs, size = merged["allowed_cidrs"], merged["root_volume_size_gb"]
    if not isinstance(cidrs, list):
        raise ConfigError(f'{path}: allowed_cidrs is {cidrs!r}; write a list: ["203.0.113.7/32"]')
    if not isinstance(size, int) or isinstance(size, bool):
        raise ConfigError(f"{path}: root_volume_size_gb is {size!r}; write a whole number: 128")
    texts = {k: str(v) for k, v in merged.items() if k not in ("allowed_cidrs", "root_volume_size_gb")}
    return Settings(**texts, allowed_cidrs=tuple(map(str, cidrs)), root_volume_size_gb=size)


def replace(text: str, values: Mapping[str, object]) -> str:
    """Return HCL text with the values of these top-level keys replaced; comments and layout stay.

    Raises:
        ConfigError: the text is not HCL.
    """
    for key, value in values.items():
        text = _replace_one(text, key, _hcl(value))
    return text


def _values(path: Path) -> dict[str, Any]:
    import hcl2  # 100 ms: only for commands that need it

    text = _text(path)
    options = hcl2.SerializationOptions(strip_string_quotes=True, with_comments=False)
    try:
        return dict(hcl2.loads(text, serialization_options=options))
    except Exception as error:  # the parser raises a family of lark's exceptions
        raise _not_hcl(str(path), error) from None


def _text(path: Path) -> str:
    """Return the file as it is, with its own line ends.

    Raises:
        ConfigError: it is missing, or not UTF-8.
    """
    if not path.exists():
        raise ConfigError(f"{path} does not exist", hint="gpuinfra init")
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start})", hint=f"$EDITOR {path}") from None


def _replace_one(text: str, key: str, value: str) -> str:
    import hcl2

    try:
        tree = hcl2.parses_to_tree(text if text.endswith("\n") else text + "\n")
    except Exception as error:
        raise _not_hcl("terraform.tfvars", error) from None
    for attribute in tree.find_data("attribute"):
        name, _, expression = attribute.children
        if text[name.meta.start_pos : name.meta.end_pos] == key:
            return text[: expression.meta.start_pos] + value + text[expression.meta.end_pos :]
    return f"{text.rstrip()}\n{key} = {value}\n"


def _hcl(value: object) -> str:
    """Return a value as HCL; JSON is valid HCL but for the two template markers."""
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _not_hcl(name: str, error: Exception) -> ConfigError:
    line = getattr(error, "line", None)
    place = f"{name}:{line}" if line and line > 0 else name
    return ConfigError(f"{place}: not valid HCL (a quote, bracket or = is wrong)", hint=f"$EDITOR {name}")
