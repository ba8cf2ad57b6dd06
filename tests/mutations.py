"""Changed data: what somebody else has written, with a few values exchanged for ones that may not be."""

import copy
import json
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

Way = Callable[[object, random.Random], object]
WRONG: list[object] = [0, 1.5, True, "x", [], {}, [1], {"x": "y"}]
LETTERS = "\n\r\x00\x1b\"'\\ /.-$(`;%~\u2028\ud800\u00e9"


def changed(text: str, by_chance: random.Random, *, prefer: str = "", hostile: Sequence[Any] = ()) -> Any:
    """Return JSON with one to three changes at any place, most of them below the name `prefer`."""
    root = {"root": json.loads(text)}
    ways: list[Way] = [
        any_text,
        any_kind,
        any_number,
        *([lambda *_: by_chance.choice(hostile)] if hostile else []),
    ]
    for _ in range(by_chance.randint(1, 3)):
        holder, key = spot(root, by_chance, prefer)
        holder[key] = copy.deepcopy(by_chance.choice(ways)(holder[key], by_chance))
    return root["root"]


def spot(root: Any, by_chance: random.Random, prefer: str) -> tuple[Any, Any]:
    """Return a part of it and a place in that."""
    preferred = root["root"].get(prefer) if prefer and isinstance(root["root"], dict) else None
    part = preferred if preferred and isinstance(preferred, dict) and by_chance.random() < 0.6 else root
    while True:
        key = by_chance.choice(list(part) if isinstance(part, dict) else range(len(part)))
        if not (isinstance(part[key], dict | list) and part[key]) or by_chance.random() < 0.2:
            return part, key
        part = part[key]


def any_text(value: object, by_chance: random.Random) -> object:
    """Put a letter that means something somewhere into a text."""
    text = value if isinstance(value, str) else json.dumps(value)
    at = by_chance.randint(0, len(text))
    return text[:at] + by_chance.choice(LETTERS) + text[at:]


def any_kind(_: object, by_chance: random.Random) -> object:
    """Return a value of any type."""
    return by_chance.choice([*WRONG, None, -1, 10**30, float("nan"), float("inf")])


def any_number(value: object, by_chance: random.Random) -> object:
    """Exchange the digits of a text."""
    return re.sub(r"\d", lambda _: str(by_chance.randint(0, 9)), value) if isinstance(value, str) else value
