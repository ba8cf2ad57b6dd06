"""terraform.tfvars: read as Terraform reads it; one value is replaced, all else kept byte for byte."""

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from gpuinfra.ground.account_facts import LaunchValues
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Settings
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.files import replace_text
from gpuinfra.tools.terraform import declared, hcl_text, launch_values
from gpuinfra.tools.terraform.hcl_text import NotHclError, Value
from gpuinfra.tools.terraform.kept_values import KeptValues
from gpuinfra.tools.terraform.kept_values import read as read_anew
from gpuinfra.tools.terraform.links import link_module
from gpuinfra.tools.terraform.other_values import OURS, beside
from gpuinfra.tools.terraform.pool_file import PoolFile
from gpuinfra.tools.terraform.settings import (
    EXAMPLES,
    KEY_PATH,
    checked_settings,
    converted,
    placed,
    refuse_unknown,
)


@adapter("terraform.tfvars cannot be used")
class TfvarsFile:
    """The Values port: the terraform.tfvars of one stack. kept: where what was read is kept, if anywhere."""

    def __init__(self, path: Path, *, module: Path, kept: Path | None = None) -> None:
        self._path = path
        self._module = module
        self._read = KeptValues(kept, path).of if kept else read_anew

    def exists(self) -> bool:
        """Tell whether the file is there."""
        return self._path.exists()

    def others(self) -> tuple[Path, ...]:
        """Return the files beside it that Terraform prefers to it, in silence."""
        return beside(self._path.parent)

    def read(self) -> Settings:
        """Return the settings that gpuinfra itself uses; what Terraform takes from elsewhere is refused.

        Raises:
            ConfigError: the file is missing, is not HCL, lacks a value that has no default, or has one that
                Terraform does not know; or another file overrides it.
        """
        if others := self.others():
            raise _overridden(others)
        settings = checked_settings(self._values(), self._declared, self._path)
        return placed(settings, self._pool_file.read())

    def launch_values(self) -> LaunchValues:
        """Return what gpuinfra itself has no other use for; expressions are Terraform's affair."""
        return launch_values.of(self._values())

    def defaults(self) -> Settings:
        """Return what holds for a stack that nobody has set up: what a user must say is empty."""
        return converted({"owner": "", "region": "", "allowed_cidrs": ()}, self._declared, self._path)

    def public_key(self) -> str:
        """Return the public key that the file names, as type and key; empty when there is none."""
        try:
            text = self._public_half().read_text(errors="replace")
        except OSError:
            return ""  # the module's own condition says so
        return " ".join(text.strip().split("\n")[0].split()[:2])

    def private_key(self) -> Path:
        """Return where the private half of that key should be: as output private_key_path."""
        return self._public_half().with_suffix("")

    def _public_half(self) -> Path:
        return self._path.parent / Path(str(self._values().get(KEY_PATH, ""))).expanduser()

    def create(self, values: Mapping[str, object], *, profile: Path | None = None) -> Path:
        """Write the file from terraform.tfvars.example, and a profile's values before these ones.

        The stack's directory is made if there is none.

        Raises:
            ConfigError: Terraform would refuse a value, or the profile is not HCL.
        """
        for name, value in values.items():
            if refusal := declared.refusal(name, value, self._declared) if isinstance(value, str) else "":
                option = name.replace("_", "-")
                raise ConfigError(refusal, hint=f"gpuinfra init --{option} {EXAMPLES.get(name, 'NAME')}")
        text = (self._module / "terraform.tfvars.example").read_text(encoding="utf-8")
        if profile:
            text = TfvarsFile(profile, module=self._module).over(text)
        link_module(self._module, self._path.parent)
        replace_text(self._path, self._replaced(text, values))
        return self._path

    def over(self, text: str) -> str:
        """Return the text with all values of this file."""
        try:
            return hcl_text.overlaid(text, self._text())
        except NotHclError as error:
            raise self._not_hcl(error) from None

    def written(self) -> Mapping[str, object]:
        """Return the values as they are written; an expression is a text of its own."""
        return self._values()

    def names(self) -> frozenset[str]:
        """Return the variables that the file sets.

        Raises:
            ConfigError: it is not HCL, or sets one that Terraform does not know.
        """
        values = self._values()
        refuse_unknown(values, self._declared, self._path)
        return frozenset(values)

    def change(self, values: Mapping[str, object]) -> None:
        """Replace single values, all else kept byte for byte.

        A new instance_type comes first of instance_types where those count, and stands in the record of
        where the host was found.
        """
        values, new = dict(values), values.get("instance_type")
        types = self._values().get("instance_types")
        if isinstance(new, str) and isinstance(types, tuple):
            values["instance_types"] = [new, *(it for it in types if it != new)]
            del values["instance_type"]
        replace_text(self._path, self._replaced(self._text(), values))
        pool = self._pool_file.read()
        if isinstance(new, str) and pool:
            self._pool_file.write(dataclasses.replace(pool, instance_type=new))

    @property
    def _pool_file(self) -> PoolFile:
        return PoolFile(self._path.with_name(OURS))

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
            return self._read(self._text())
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
