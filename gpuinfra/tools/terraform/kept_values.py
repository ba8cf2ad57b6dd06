"""What was read of a terraform.tfvars, kept beside its hash: the HCL library takes 0.2 s to start."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from gpuinfra.tools.files import make_private, write_private
from gpuinfra.tools.terraform import hcl_text
from gpuinfra.tools.terraform.hcl_text import Expression, Value

NUMBER, EXPRESSION = "number", "expression"


class KeptValues:
    """One private file per terraform.tfvars; a damaged one is as none, and a full disk only keeps nothing."""

    def __init__(self, directory: Path, tfvars: Path) -> None:
        self._path = directory / f"{hashlib.sha256(bytes(tfvars.absolute())).hexdigest()}.json"

    def of(self, text: str) -> dict[str, Value]:
        """Return the values of a text by name.

        Raises:
            NotHclError: it is not HCL.
        """
        key = _key(text)
        with suppress(
            OSError, ValueError, TypeError, AttributeError, ArithmeticError, LookupError, RecursionError
        ):
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            if kept["key"] == key:
                return {str(name): _value(raw) for name, raw in kept["values"].items()}
        values = read(text)
        self._keep(key, values)
        return values

    def _keep(self, key: str, values: Mapping[str, Value]) -> None:
        raw = {"key": key, "values": {name: _raw(value) for name, value in values.items()}}
        with suppress(OSError):
            make_private(self._path.parent)
            write_private(self._path, json.dumps(raw).encode())


def read(text: str) -> dict[str, Value]:
    """Return the values of a text by name; nothing is kept.

    Raises:
        NotHclError: it is not HCL.
    """
    return {name: item.value for name, item in hcl_text.read(text).items()}


def _key(text: str) -> str:
    """Return what changes with the text, and with how we read and keep it."""
    how = b"".join(Path(file).read_bytes() for file in (hcl_text.__file__, __file__))
    return hashlib.sha256(how + text.encode()).hexdigest()


def _raw(value: Value) -> Any:
    if isinstance(value, Decimal):
        return {NUMBER: str(value)}
    if isinstance(value, Expression):
        return {EXPRESSION: value.text}
    return [_raw(one) for one in value] if isinstance(value, tuple) else value


def _value(raw: Any) -> Value:
    """Return the value.

    Raises:
        TypeError, LookupError, ArithmeticError: the file is damaged.
    """
    if isinstance(raw, list):
        return tuple(map(_value, raw))
    if isinstance(raw, dict):
        return Decimal(raw[NUMBER]) if NUMBER in raw else Expression(text=str(raw[EXPRESSION]))
    if raw is None or isinstance(raw, str | bool):
        return raw
    raise TypeError("no value")
