"""JSON without `import json`, which imports re and costs each `run` 8 ms here and 16 ms on the host.

Scanner and encoder are those in C that json itself uses.
"""

import sys
from _json import encode_basestring_ascii, make_encoder, make_scanner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _finite(text: str) -> float:
    """Return a number that JSON can write again: "1e999" is read as infinity, which it cannot."""
    value = float(text)
    if value - value != 0:  # infinity and NaN; math would be one more import
        raise ValueError(f"{text} is no JSON number")
    return value


# What json.decoder.JSONDecoder hands to the scanner; this is types.SimpleNamespace, without its import.
_Namespace: "Any" = type(sys.implementation)
_scan = make_scanner(
    _Namespace(
        strict=True, object_hook=None, object_pairs_hook=None, parse_float=_finite, parse_int=int,
        parse_constant=_finite, memo={},
    )
)  # fmt: skip


def _unknown(value: "Any") -> "Any":
    raise TypeError(f"{type(value).__name__} has no JSON")


# What json.encoder.JSONEncoder hands over: cycles are not looked for, nothing is indented or sorted.
_encode = make_encoder(None, _unknown, encode_basestring_ascii, None, ": ", ", ", False, False, False)


def loads(text: "str | bytes") -> "Any":
    """Return the value of a text.

    Raises:
        ValueError: it is no JSON.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    try:
        return _scan(text, len(text) - len(text.lstrip()))[0]
    except (
        StopIteration,
        SystemError,
    ):  # a text cut off: its error is a class of json, which is not imported
        raise ValueError("this is no JSON") from None


def dumps(value: "Any") -> str:
    """Return a value of dicts (with strings as keys), lists, strings, numbers, booleans and None as JSON.

    Raises:
        TypeError: another value.
    """
    return "".join(_encode(value, 0))
