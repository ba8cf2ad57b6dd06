"""Which host goes on where another one ended: its disk was copied, and what it has cost is not forgotten.

A file of the stack: one JSON line for each host that came so, 0600. Without it a lease would begin anew.
"""

import json
from contextlib import suppress
from dataclasses import replace

from gpuinfra.features.money.rates import Span
from gpuinfra.ground.protocols import StackFiles
from gpuinfra.tools.files import append_private

FILE = "moved.jsonl"


def note(files: StackFiles, *, new: str, old: str) -> None:
    """Write down, once, that a host goes on for another; what cannot be written stops no command."""
    if new == old or old in before(files, new):
        return
    line = b"\n" + json.dumps({"new": new, "old": old}).encode() + b"\n"
    append_private(files.plan_file.parent / FILE, line)


def before(files: StackFiles, instance_id: str) -> list[str]:
    """Return the hosts whose disk a host has got, the oldest first."""
    olds, found = _read(files), [instance_id]
    while (old := olds.get(found[0])) and old not in found:
        found.insert(0, old)
    return found[:-1]


def joined(lives: list[list[Span]]) -> list[Span]:
    """Return the times of several hosts, each of which ends where the next one begins."""
    found: list[Span] = []
    for life in lives:
        began = life[0].began if life else None
        if began is not None:
            found = [_cut(span, began) for span in found if span.began < began]
        found += life
    return found


def _cut(span: Span, at: float) -> Span:
    return replace(span, ended=at if span.ended is None else min(span.ended, at))


def _read(files: StackFiles) -> dict[str, str]:
    try:
        lines = (files.plan_file.parent / FILE).read_bytes().splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        with suppress(ValueError, TypeError, KeyError, RecursionError):
            one = json.loads(line)
            found[str(one["new"])] = str(one["old"])
    return found
