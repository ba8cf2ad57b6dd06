"""The two directions of a data channel: what is not acknowledged yet, what has come too early. Pure.

The lower layer (a WebSocket) keeps the order, but the gateway behind it may repeat, reorder and lose.
Times are in seconds from any zero.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from gpuinfra.tools.ssm.messages import INPUT, Message

# Messages of 1 KB under way; more would only queue up at home. The agent takes 10,000.
WINDOW = 512
# Messages that may wait for one that is missing, as in the plugin; beyond that the gateway has to repeat. The
# agent's are of 1 KB, but one may have 1 MiB.
EARLY, EARLY_BYTES = 10_000, 16 * 2**20
FIRST_RETRY_S, SHORTEST_RETRY_S, LONGEST_RETRY_S = 1.0, 0.2, 5.0
# Repeated at once: a lost message holds up all that follow it, so the oldest matter.
BURST = 16
GIVE_UP_S = 60.0


@dataclass(kw_only=True, slots=True)
class _UnderWay:
    raw: bytes
    first: float
    last: float
    tries: int = 1


class Outgoing:
    """Numbers messages, keeps them until they are acknowledged, names those to send again."""

    def __init__(self) -> None:
        self._next = 0
        self._under_way: OrderedDict[int, _UnderWay] = OrderedDict()
        self._smooth = 0.0
        self._spread = 0.0
        self.retry_s = FIRST_RETRY_S

    @property
    def has_room(self) -> bool:
        """Tell whether one more may be sent."""
        return len(self._under_way) < WINDOW

    @property
    def is_empty(self) -> bool:
        """Tell whether all has been acknowledged."""
        return not self._under_way

    def number(self, kind: int, payload: bytes) -> Message:
        """Return the next message; `sent` must follow."""
        made = Message(type=INPUT, sequence=self._next, kind=kind, payload=payload, flags=int(not self._next))
        self._next += 1
        return made

    def sent(self, message: Message, raw: bytes, now: float) -> None:
        """Keep a message that is sent for the first time."""
        self._under_way[message.sequence] = _UnderWay(raw=raw, first=now, last=now)

    def acknowledged(self, sequence: int, now: float) -> None:
        """Forget one that has arrived; how long that took decides when others are repeated (RFC 6298)."""
        found = self._under_way.pop(sequence, None)
        if found is None or found.tries > 1:
            return
        took = now - found.first
        if self._smooth:
            self._spread += (abs(took - self._smooth) - self._spread) / 4
            self._smooth += (took - self._smooth) / 8
        else:
            self._smooth, self._spread = took, took / 2
        self.retry_s = min(max(self._smooth + 4 * self._spread, SHORTEST_RETRY_S), LONGEST_RETRY_S)

    def due(self, now: float) -> list[bytes]:
        """Return the oldest messages whose acknowledgement is overdue; each time later than the last."""
        found = []
        for it in self._oldest():
            if now - it.last >= min(self.retry_s * 2 ** (it.tries - 1), LONGEST_RETRY_S):
                it.last, it.tries = now, it.tries + 1
                found.append(it.raw)
        return found

    def all_again(self, now: float) -> list[bytes]:
        """Return everything under way, for a new connection."""
        for it in self._under_way.values():
            it.first, it.last, it.tries = now, now, it.tries + 1
        return [it.raw for it in self._under_way.values()]

    def is_stuck(self, now: float) -> bool:
        """Tell whether the oldest has been repeated in vain for a minute."""
        return any(now - it.first > GIVE_UP_S for it in self._oldest())

    def _oldest(self) -> Iterator[_UnderWay]:
        yield from (it for _, it in zip(range(BURST), self._under_way.values(), strict=False))


class Incoming:
    """Puts what arrives into its order, each once."""

    def __init__(self) -> None:
        self._next = 0
        self._early: dict[int, Message] = {}
        self._early_bytes = 0

    def is_taken(self, message: Message) -> bool:
        """Tell whether a message is to be acknowledged; one far too early is not, so it comes again."""
        if message.sequence <= self._next or message.sequence in self._early:
            return True
        has_room = self._early_bytes + len(message.payload) <= EARLY_BYTES
        return has_room and message.sequence < self._next + EARLY

    def in_order(self, message: Message) -> Iterator[Message]:
        """Take one; yield what can be passed on now."""
        if message.sequence < self._next or message.sequence in self._early:
            return  # a repetition: its acknowledgement was lost
        self._early[message.sequence] = message
        self._early_bytes += len(message.payload)
        while self._next in self._early:
            found = self._early.pop(self._next)
            self._early_bytes -= len(found.payload)
            self._next += 1
            yield found
