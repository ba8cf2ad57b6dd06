"""terraform.tfvars: read as Terraform reads it; changed by replacing one value, all else kept byte for byte."""

import dataclasses
import difflib
import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.terraform import declared, hcl_text
from gpuinfra.tools.terraform.hcl_text import Expression, NotHclError, Value
from gpuinfra.tools.terraform.links import link_module
from gpuinfra.tools.terraform.other_values import beside
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Settings
from gpuinfra.tools.files import replace_text

KEY_PATH = "public_key_path"
# Whoever is told to write a value is shown one.
EXAMPLES = {
    "owner": "ada",
    "region": "us-east-1",
    "allowed_cidrs": ["203.0.113.7/32"],
    KEY_PATH: "~/.ssh/id_ed25519.pub",
}


@adapter("terraform.tfvars cannot be used")
class TfvarsFile:
    """The Values port: the terraform.tfvars of one stack."""

    def __init__(self, path: Path, *, module: Path) -> None:
        self._path = path
        self._module = module

    def exists(self) -> bool:
        """Tell whether the file is there."""
        return self._path.exists()

    def others(self) -> tuple[Path, ...]:
        """Return the files beside it that Terraform prefers to it, in silence."""
        return beside(self._path.parent)

    def read(self) -> Settings:
        """Return the settings that gpuinfra itself uses; all that Terraform would take from elsewhere is refused.

        Raises:
            ConfigError: the file is missing, is not HCL, lacks a value that has no default, or has one that
                Terraform does not know; or another file overrides it.
        """
        if others := self.others():
            raise _overridden(others)
        values = {name: value for name, value in self._values().items() if value is not None}
        self._refuse_unknown(values)
        for name, variable in self._declared.items():
            if name not in values and not variable.has_default:
                raise self._wrong(f"does not set {name}", name)
        self._given(KEY_PATH, values[KEY_PATH])
        return self._settings(values)

    def defaults(self) -> Settings:
        """Return what holds for a stack that nobody has set up: what a user must say is empty."""
        return self._settings({"owner": "", "region": "", "allowed_cidrs": ()})

    def public_key(self) -> str:
        """Return the public key that the file names, as type and key; empty when there is none."""
        try:
            path = Path(str(self._values().get(KEY_PATH, ""))).expanduser()
            return " ".join((self._path.parent / path).read_text(errors="replace").strip().split("\n")[0].split()[:2])
        except OSError:
            return ""  # the module's own condition says so

    def create(self, values: Mapping[str, object]) -> Path:
        """Write the file from terraform.tfvars.example; make the stack's directory if there is none.

        Raises:
            ConfigError: Terraform would refuse a value.
        """
        for name, value in values.items():
            if refusal := declared.refusal(name, value, self._declared) if isinstance(value, str) else "":
                raise ConfigError(refusal, hint=f"gpuinfra init --{name} {EXAMPLES.get(name, 'NAME')}")
        link_module(self._module, self._path.parent)
        example = (self._module / "terraform.tfvars.example").read_text(encoding="utf-8")
        replace_text(self._path, self._replaced(example, values))
        return self._path

    def change(self, values: Mapping[str, object]) -> None:
        """Replace single values, all else kept byte for byte."""
        replace_text(self._path, self._replaced(self._text(), values))

    @cached_property
    def _declared(self) -> dict[str, declared.Variable]:
        """The variables of the root, those of a file that the user put beside it, and the module's rules."""
        own = [path for path in sorted(self._path.parent.glob("*.tf")) if not path.is_symlink()]
        root = sorted(self._module.glob("*.tf"))
        return declared.variables(
            list(dict.fromkeys([*root, *own])), module=sorted(self._module.glob("modules/host/*.tf"))
        )

    def _values(self) -> dict[str, Value]:
        try:
            return {name: item.value for name, item in hcl_text.read(self._text()).items()}
        except NotHclError as error:
            raise self._not_hcl(error) from None

    def _replaced(self, text: str, values: Mapping[str, object]) -> str:
        try:
            for name, value in values.items():
                text = hcl_text.replace(text, name, value)
        except NotHclError as error:
            raise self._not_hcl(error) from None
        return text

    def _text(self) -> str:
        """Return the file as it is, with its own line ends.

        Raises:
            ConfigError: it is missing, or not UTF-8.
        """
        if not self._path.exists():
            raise ConfigError(f"{self._path} does not exist", hint="gpuinfra init")
        try:
            return self._path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise ConfigError(
                f"{self._path} is not UTF-8 text (byte {error.start})", hint=f"$EDITOR {self._path}"
            ) from None

    def _refuse_unknown(self, values: Mapping[str, Value]) -> None:
        for name in values:
            if name not in self._declared:
                near = difflib.get_close_matches(name, self._declared, n=1)
                advice = f"; did you mean {near[0]}?" if near else ", and none that is like it"
                raise ConfigError(
                    f"{self._path} sets {name}, and Terraform has no such variable{advice}",
                    hint=f"$EDITOR {self._path}   # its variables: {self._module / 'terraform.tfvars.example'}",
                )

    def _settings(self, values: Mapping[str, Value]) -> Settings:
        fields = [field.name for field in dataclasses.fields(Settings)]
        given = {name: self._given(name, values[name]) for name in fields if name in values}
        defaults = {name: self._declared[name].default for name in fields if name not in values}
        return Settings(**{**defaults, **given})  # type: ignore[arg-type]  # what each is: _given

    def _given(self, name: str, value: Value) -> object:
        """Return a value as Terraform converts it to the type of its variable.

        Raises:
            ConfigError: it does, or may, and this does not.
        """
        if isinstance(value, Expression):
            what = "is an expression, and gpuinfra does not evaluate any"
            raise self._wrong(f"{what}: {name} = {value.text}", name)
        if name == "root_volume_size_gb":
            return self._whole(name, value)
        if name != "allowed_cidrs":
            return self._words(name, value)
        if not isinstance(value, tuple):
            raise self._wrong(f"says allowed_cidrs = {_shown(value)}, which is no list", name)
        return tuple(self._given("allowed_cidrs item", item) for item in value)

    def _whole(self, name: str, value: Value) -> int:
        with_digits = isinstance(value, str) and value.removeprefix("-").replace(".", "", 1).isdecimal()
        number = Decimal(value) if isinstance(value, str) and with_digits and value.isascii() else value
        if not isinstance(number, Decimal) or number != number.to_integral_value():
            raise self._wrong(f"says {name} = {_shown(value)}, which is no whole number", name)
        return int(number)

    def _words(self, name: str, value: Value) -> str:
        if isinstance(value, bool) or not isinstance(value, str):
            raise self._wrong(f"says {name.split()[0]} = {_shown(value)}, which is no text in quotes", name)
        return value

    def _wrong(self, what: str, name: str) -> ConfigError:
        key = name.split()[0]
        example = EXAMPLES.get(key, self._declared[key].default)
        return ConfigError(f"{self._path} {what}", hint=f"write {key} = {hcl_text.hcl(example)} in {self._path}")

    def _not_hcl(self, error: NotHclError) -> ConfigError:
        place = f"{self._path}:{error.line}" if error.line else str(self._path)
        return ConfigError(
            f"{place}: not valid HCL (a quote, bracket or = is wrong, or a key stands there twice)",
            hint=f"$EDITOR {self._path}",
        )


def _overridden(others: tuple[Path, ...]) -> ConfigError:
    names = " and ".join(map(str, others))
    verb = "overrides" if len(others) == 1 else "override"
    return ConfigError(
        f"{names} {verb} terraform.tfvars in silence: Terraform would make something else than gpuinfra says",
        hint=f"mv {others[0]} {others[0]}.off   # after writing what you need of it into terraform.tfvars",
    )


def _shown(value: Value) -> str:
    return str(value) if isinstance(value, Decimal) else json.dumps(value, default=str)
