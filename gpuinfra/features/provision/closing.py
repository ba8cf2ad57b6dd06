"""The receipt of a stack that goes: prices are asked for while Terraform destroys, then it is told and kept.

Nothing here stops a `down`: what cannot be known is unknown.
"""

import dataclasses
import json
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from gpuinfra.features.events import events
from gpuinfra.features.money import disk_copies, ledger, lived
from gpuinfra.features.money import receipt as receipts
from gpuinfra.features.money.ahead import PricesAhead
from gpuinfra.features.money.rate import ADDRESS, NAT, rate_of, recorded
from gpuinfra.features.money.rates import Rate
from gpuinfra.features.money.receipt import Receipt
from gpuinfra.features.provision.resource_names import NAMES, kind
from gpuinfra.ground.errors import CloudError, ConfigError
from gpuinfra.ground.model import Host, Instance, Record, Settings
from gpuinfra.ground.world import World
from gpuinfra.tools.files import append_private

FILE = "receipts.jsonl"
# What costs money without its host, in the words that `receipt.kept` knows the prices of.
COSTLY = {"aws_eip": ADDRESS, "aws_nat_gateway": NAT}


@dataclass(frozen=True, kw_only=True)
class Destroyed:
    """How many resources Terraform destroyed, and what the stack has cost, None: it had no host.

    kept_receipt: of the host that `up --until-ready` kept beside it.
    """

    destroyed: int = 0
    receipt: Receipt | None = None
    kept_receipt: Receipt | None = None

    def plain(self) -> dict[str, object]:
        """Return it as plain values."""
        return {
            "destroyed": self.destroyed,
            "receipt": self.receipt and self.receipt.plain(),
            "kept_receipt": self.kept_receipt and self.kept_receipt.plain(),
        }


class Closing:
    """The bill of one stack from now on, when its host still is; one call to EC2."""

    def __init__(self, world: World, settings: Settings, record: Record) -> None:
        self._world, self._settings, self._record = world, settings, record
        self._ahead: PricesAhead | None = None
        self._before: Instance | None = None
        if host := record.host:
            self._ahead = PricesAhead(world, settings)
            self._before = self._see(host)
            if self._before and self._before.state == "stopped":
                events.last_words(world, host, self._before)  # kept: they say since when

    def _see(self, host: Host) -> Instance | None:
        """Ask EC2 how the host is, and write it down: when it started, and when it ended."""
        try:
            now = self._world.cloud(host.region, None).instance(host.instance_id)
        except CloudError:
            return None  # who may not ask for it must be able to end the cost all the same
        ledger.seen(self._world, host, now)
        return now

    def cut_short(self) -> None:
        """Tell the receipt of a host that is gone, while Terraform could not remove all: no later run can.

        What is left is that which the state still names.
        """
        host, rest = self._record.host, _recorded_now(self._world)
        if host and rest and host.instance_id not in rest.ids_of("aws_instance"):
            costly = [f"{word} {name}" for kind, word in COSTLY.items() for name in sorted(rest.ids_of(kind))]
            self.close(left=costly, foreign=(), named=rest.resources.values())

    def close(
        self, *, left: Sequence[str], foreign: Sequence[str], named: Iterable[str] = ()
    ) -> Receipt | None:
        """Tell the receipt and keep it; None where there was no host.

        left: what is still there of the stack, in words with its id; foreign: what others had attached.
        named: the ids of what is still there, whether it costs money or not.
        """
        host = self._record.host
        if not (host and self._ahead):
            return None
        self._see(host)
        made = self._receipt(host, self._ahead, left, foreign, {*named, *" ".join(left).split()})
        for line in made.text():
            self._world.reporter.say(line)
        self._keep(made)
        return made

    def _receipt(
        self,
        host: Host,
        ahead: PricesAhead,
        left: Sequence[str],
        foreign: Sequence[str],
        there: Collection[str],
    ) -> Receipt:
        book = ahead.get()
        things = recorded(self._record, host, self._before)

        def rate(instance_type: str, market: str) -> Rate:
            return rate_of(dataclasses.replace(things, instance_type=instance_type, market=market), book)

        kept = [
            receipts.kept(what, book, is_ours=is_ours)
            for found, is_ours in ((left, True), (foreign, False))
            for what in found
        ]
        copies = disk_copies.of_host(self._world.files, host.instance_id)
        return receipts.receipt(
            stack=host.stack,
            region=host.region,
            host=f"{host.instance_id} ({things.instance_type}, {things.market})",
            spans=lived.spans(self._world, host.instance_id),
            rate_of=rate,
            gone=[name for name in self._made(host) if name.rpartition(" ")[2] not in there],
            kept=kept,
            copies=disk_copies.receipt_line(copies, book, now=time.time()),
            now=time.time(),
        )

    def _made(self, host: Host) -> list[str]:
        """Return what was made, by name and id; the disk is no resource of its own."""
        names = [
            f"{kind(address).partition(' (')[0]} {name}"
            for address, name in self._record.resources.items()
            if any(f".{known}." in f".{address}" for known in NAMES)
        ]
        return [*names, f"disk {host.root_volume_id}"]

    def _keep(self, made: Receipt) -> None:
        """Append it to the stack's receipts, 0600; a full disk loses the file, not what was told."""
        append_private(self._world.files.plan_file.parent / FILE, json.dumps(made.plain()).encode() + b"\n")


def _recorded_now(world: World) -> Record | None:
    """Return what the state names by now; None where it cannot be read."""
    try:
        return world.state.read()
    except ConfigError:
        return None
