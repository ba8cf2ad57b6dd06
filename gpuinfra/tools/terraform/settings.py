"""Values of terraform.tfvars, converted to the types of their variables as Terraform does, or refused."""

import dataclasses
import difflib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Settings
from gpuinfra.ground.pool import Pool
from gpuinfra.tools.terraform import hcl_text
from gpuinfra.tools.terraform.declared import Variable
from gpuinfra.tools.terraform.hcl_text import Expression, Value
from gpuinfra.tools.terraform.other_values import OURS

KEY_PATH = "public_key_path"
AMOUNTS = ("max_usd", "max_hours", "stopped_days", "max_price")
LISTS = ("allowed_cidrs", "security_group_ids", "instance_types", "zones")
NUMBERS = ("root_volume_size_gb", "root_volume_iops", "root_volume_throughput_mib_s")
PRICE_ONLY = NUMBERS[1:]  # without them a price is unknown, and all else works
# Whoever is told to write a value is shown one.
EXAMPLES = {
    "owner": "ada",
    "instance_type": "g5.xlarge",
    "region": "us-east-1",
    "allowed_cidrs": ["203.0.113.7/32"],
    "max_usd": 20,
    "max_hours": 10,
    KEY_PATH: "~/.ssh/id_ed25519.pub",
}
Declared = Mapping[str, Variable]


def checked_settings(values: Mapping[str, Value], declared: Declared, path: Path) -> Settings:
    """Return the settings of a whole file; what Terraform would drop or miss is refused.

    Raises:
        ConfigError: a value lacks, is of no variable, or is not plain.
    """
    given = {name: value for name, value in values.items() if value is not None}
    refuse_unknown(values, declared, path)
    for name, variable in declared.items():
        if name not in given and not variable.has_default:
            raise _wrong(f"does not set {name}", name, declared, path)
    return converted(given, declared, path)


def placed(settings: Settings, pool: Pool | None) -> Settings:
    """Return the settings as Terraform takes them: by the recorded pool, else by the first of each list."""
    types = settings.types
    zones = settings.zones or tuple(filter(None, [settings.availability_zone]))
    first = pool.instance_type if pool else types[0]
    return dataclasses.replace(settings, instance_types=types, zones=zones, instance_type=first, pool=pool)


def converted(values: Mapping[str, Value], declared: Declared, path: Path) -> Settings:
    """Return the settings, with the defaults of what is not there.

    Raises:
        ConfigError: Terraform takes a value, or may, and this does not.
    """
    fields = [field.name for field in dataclasses.fields(Settings)]
    defaults = {name: declared[name].default for name in fields if name not in values}
    found = {
        name: default for name, default in defaults.items() if default is not None
    }  # null: as in Settings
    for name in (*fields, KEY_PATH):
        if name in values:
            try:
                found[name] = _converted(name, values[name])
            except ValueError as error:
                raise _wrong(str(error), name, declared, path) from None
    found.pop(KEY_PATH, None)
    return Settings(**found)  # type: ignore[arg-type]  # what each is: _converted


def _converted(name: str, value: Value) -> object:
    """Return a value as Terraform converts it; raises ValueError with what is wrong."""
    if name == "pool":
        raise ValueError(f"sets pool, which `gpuinfra up` itself writes to {OURS}")
    if isinstance(value, Expression) and name in PRICE_ONLY:
        return None
    if isinstance(value, Expression):
        raise ValueError(f"is an expression, and gpuinfra does not evaluate any: {name} = {value.text}")
    if name in NUMBERS:
        return _whole(name, value)
    if name in AMOUNTS:
        return _amount(name, value)
    if name not in LISTS:
        return _words(name, value)
    if not isinstance(value, tuple):
        raise ValueError(f"says {name} = {_shown(value)}, which is no list")
    return tuple(_words(name, item) for item in value)


def _whole(name: str, value: Value) -> int:
    number = _decimal(value)
    if number is None or number != number.to_integral_value():
        raise ValueError(f"says {name} = {_shown(value)}, which is no whole number")
    return int(number)


def _amount(name: str, value: Value) -> float:
    number = _decimal(value)
    if number is None:
        raise ValueError(f"says {name} = {_shown(value)}, which is no number")
    return float(number)


def _decimal(value: Value) -> Decimal | None:
    """Return a number, also one in quotes, as Terraform takes it."""
    with_digits = isinstance(value, str) and value.removeprefix("-").replace(".", "", 1).isdecimal()
    number = Decimal(value) if isinstance(value, str) and with_digits and value.isascii() else value
    return number if isinstance(number, Decimal) else None


def _words(name: str, value: Value) -> str:
    if not isinstance(value, str):
        raise ValueError(f"says {name} = {_shown(value)}, which is no text in quotes")
    return value


def _shown(value: Value) -> str:
    if isinstance(value, Expression):
        return value.text
    return str(value) if isinstance(value, Decimal) else json.dumps(value, default=str)


def refuse_unknown(names: Iterable[str], declared: Declared, path: Path) -> None:
    """Raise ConfigError for a name that no variable has: Terraform would drop it."""
    for name in names:
        if name not in declared:
            raise _unknown(name, declared, path)


def _unknown(name: str, declared: Declared, path: Path) -> ConfigError:
    near = difflib.get_close_matches(name, declared, n=1)
    advice = f"; did you mean {near[0]}?" if near else ", and none that is like it"
    return ConfigError(
        f"{path} sets {name}, and Terraform has no such variable{advice}",
        hint=f"$EDITOR {path}   # terraform.tfvars.example has all there are",
    )


def _wrong(what: str, name: str, declared: Declared, path: Path) -> ConfigError:
    example = EXAMPLES.get(name, declared[name].default)
    return ConfigError(f"{path} {what}", hint=f"write {name} = {hcl_text.hcl(example)} in {path}")
