"""The copies of a host's disk that `start` in another place has made: what each costs, and has cost.

A file of the stack: one JSON line for each that is made and for each that is gone, 0600. AWS is asked only
whether one that is kept is still there.
"""

import json
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from gpuinfra.features.money import moved, prices
from gpuinfra.features.money.prices import Prices
from gpuinfra.features.money.rates import HOUR_S, HOURS_A_MONTH
from gpuinfra.features.money.receipt_line import ReceiptLine
from gpuinfra.features.money.spent import SpentOn
from gpuinfra.ground import when
from gpuinfra.ground.disk_copy import DiskCopy
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Host, Record
from gpuinfra.ground.names import command
from gpuinfra.ground.protocols import StackFiles
from gpuinfra.ground.reply import fits
from gpuinfra.ground.world import World
from gpuinfra.tools.files import append_private

FILE = "disk-copies.jsonl"
NAME = "disk copy"
# Its lines; a damaged one is none.
MADE = {"image_id": str, "instance_id": str, "size_gb": int, "began": float}
GONE = {"image_id": str, "ended": float}


@dataclass(frozen=True, kw_only=True)
class CopyTime:
    """A copy of the disk of a host; began, ended: seconds since 1970, ended None: it is still there."""

    image_id: str
    instance_id: str
    size_gb: int
    began: float
    ended: float | None = None


def note(files: StackFiles, copy: DiskCopy, at: float) -> None:
    """Write down, once, that there is a copy; what cannot be written stops no command."""
    if copy.image_id and all(one.image_id != copy.image_id for one in _read(files)):
        one = {"image_id": copy.image_id, "instance_id": copy.instance_id, "size_gb": copy.size_gb}
        _write(files, {**one, "began": at})


def note_gone(files: StackFiles, image_ids: Collection[str], at: float) -> None:
    """Write down that copies are gone."""
    for one in _read(files):
        if one.image_id in image_ids and one.ended is None:
            _write(files, {"image_id": one.image_id, "ended": at})


def of_host(files: StackFiles, instance_id: str) -> list[CopyTime]:
    """Return those of a host, and of the hosts that it goes on for."""
    hosts = {instance_id, *moved.before(files, instance_id)}
    return [one for one in _read(files) if one.instance_id in hosts]


def kept(files: StackFiles, instance_id: str) -> CopyTime | None:
    """Return the newest that is still there."""
    return next((one for one in reversed(of_host(files, instance_id)) if one.ended is None), None)


def look(world: World, record: Record, host: Host) -> None:
    """Write down as gone what somebody has removed otherwise; without a copy nobody is asked."""
    if record.tags is None or kept(world.files, host.instance_id) is None:
        return
    with suppress(CloudError):  # who may not ask is told what is written down
        there = {one.image_id for one in world.disk_copies(host.region, record.tags)}
        copies = {one.image_id for one in of_host(world.files, host.instance_id)}
        note_gone(world.files, copies - there, time.time())


def row(world: World, host: Host) -> str:
    """Return the one that is still there with its price, which is kept: nobody is asked. Empty: none is.

    EC2 bills what was written to the disk: at most its size.
    """
    copy = kept(world.files, host.instance_id)
    if copy is None:
        return ""
    usd_h = prices.of(world, host.region, asks=False).snapshot(copy.size_gb).usd_h
    price = "at a price unknown" if usd_h is None else f"{usd_h * HOURS_A_MONTH:.2f} USD a month at most"
    return f"{copy.image_id}, of its disk, {price}; {command('start', host.stack)} uses or deletes it"


def instead(world: World, host: Host | None) -> list[str]:
    """Return what is told before an empty host is made while a copy of this one's disk is kept."""
    copy = kept(world.files, host.instance_id) if host else None
    if copy is None:
        return []
    again = command("start", world.files.name)
    return [f"! what was on the disk is in the copy {copy.image_id}: {again} makes the host again from that"]


def spent_on(files: StackFiles, host: Host, book: Prices, *, now: float, since: float = 0.0) -> list[SpentOn]:
    """Return what a host's copies have cost from a time until now, at most; nothing where there were none."""
    line = receipt_line(of_host(files, host.instance_id), book, now=now, since=since)
    return [SpentOn(name=NAME, usd=line.usd)] if line else []


def receipt_line(
    copies: Sequence[CopyTime], book: Prices, *, now: float, since: float = 0.0
) -> ReceiptLine | None:
    """Return the same as a line of a receipt; None where there were none."""
    if not copies:
        return None
    asked = [book.snapshot(one.size_gb) for one in copies]
    times = [max(0.0, (one.ended or now) - max(one.began, since)) for one in copies]
    known = [price.usd_h for price in asked if price.usd_h is not None]
    sums = (price * time / HOUR_S for price, time in zip(known, times, strict=False))
    return ReceiptLine(
        name=NAME,
        running_s=0.0,
        stopped_s=sum(times),
        usd=sum(sums) if len(known) == len(asked) else None,
        usd_h=asked[-1].usd_h,
        stopped_usd_h=asked[-1].usd_h,
        why=asked[-1].why,
    )


def _read(files: StackFiles) -> list[CopyTime]:
    try:
        lines = (files.plan_file.parent / FILE).read_bytes().splitlines()
    except OSError:
        return []
    found: dict[str, CopyTime] = {}
    for line in lines:
        with suppress(ValueError, RecursionError):
            one = json.loads(line)
            if fits(one, MADE) and one["size_gb"] >= 0 and when.is_time(one["began"]):
                found.setdefault(one["image_id"], CopyTime(**{name: one[name] for name in MADE}))
            elif fits(one, GONE) and when.is_time(one["ended"]) and (made := found.get(one["image_id"])):
                found[made.image_id] = replace(made, ended=one["ended"])
    return list(found.values())


def _write(files: StackFiles, one: dict[str, object]) -> None:
    """Write one line; first end one that was cut off."""
    append_private(files.plan_file.parent / FILE, b"\n" + json.dumps(one).encode() + b"\n")
