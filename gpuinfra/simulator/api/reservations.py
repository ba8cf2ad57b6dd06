"""Capacity reservations and Capacity Blocks of the simulated account; pure: the time is an argument.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CapacityReservation.html
"""

from dataclasses import dataclass, field, replace
from typing import Any, Self

EC2_ENDS_S = 1800.0  # before a block's end: EC2 begins to terminate its instances


@dataclass(frozen=True, kw_only=True)
class ReservedCapacity:
    """A reservation; begins, ends: in seconds since 1970. state: as it shall be, whatever the time says.

    block: it is a Capacity Block. taken_by: ids of the instances that have one of its `count` places.
    """

    reservation_id: str
    instance_type: str
    zone: str
    count: int = 1
    block: bool = False
    begins: float = 0.0
    ends: float | None = None
    state: str = ""
    platform: str = "Linux/UNIX"
    tenancy: str = "default"
    taken_by: set[str] = field(default_factory=set, compare=False)

    @classmethod
    def from_json(cls, raw: dict[str, Any], now: float) -> Self:
        """Return what a control call says: begins_in_s, ends_in_s (or null) are from now on."""
        begins_in_s, ends_in_s = raw.pop("begins_in_s"), raw.pop("ends_in_s")
        ends = None if ends_in_s is None else now + ends_in_s
        return cls(**raw, begins=now + begins_in_s, ends=ends)


class Reservations:
    """All of them, by id; the account has them in its one region, whatever the region of a call."""

    def __init__(self) -> None:
        self._known: dict[str, ReservedCapacity] = {}

    def put(self, one: ReservedCapacity) -> None:
        """Add one, or change it: who has a place in it keeps that."""
        before = self._known.get(one.reservation_id)
        self._known[one.reservation_id] = replace(one, taken_by=before.taken_by if before else set())

    def find(self, reservation_id: str) -> ReservedCapacity | None:
        """Return one, None where there is no such."""
        return self._known.get(reservation_id)

    def all(self) -> list[ReservedCapacity]:
        """Return all."""
        return list(self._known.values())

    def give_back(self, instance_id: str) -> None:
        """Free the place of an instance that stops or ends."""
        for one in self._known.values():
            one.taken_by.discard(instance_id)

    def clear(self) -> None:
        """Forget all."""
        self._known.clear()
