"""Capacity reservations: described, held to by launches and starts, and a block's end carried out by EC2.

Codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html; AWS documents none for a
host of another type, zone or market.
"""

import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instances import Instance, StateReason
from moto.ec2.responses import EC2Response
from moto.ec2.responses.instances import InstanceResponse

from gpuinfra.simulator.api.reservations import EC2_ENDS_S, ReservedCapacity
from gpuinfra.simulator.api.state import EC2, SimulatorState

BLOCK = "capacity-block"
# AWS documents no words for the end of a block.
ENDED = "Server.CapacityBlockEnded"


def apply(state: SimulatorState) -> None:
    """Add DescribeCapacityReservations; a start needs a place again, and a stop or an end gives it back."""
    start_before = InstanceResponse.start_instances

    def describe(self: Any) -> ActionResult:
        self.error_on_dryrun()
        wanted = self._get_param("CapacityReservationIds", [])
        found = [_known(state, name) for name in wanted] if wanted else state.reservations.all()
        return ActionResult({"CapacityReservations": [_described(one, state.now()) for one in found]})

    def start_instances(self: Any) -> Any:
        asked = self.ec2_backend.get_multi_instances_by_id(self._get_param("InstanceIds", []))
        names = {it.id: target_of(it) for it in asked if it._state.name == "stopped" and target_of(it)}
        for name in {} if self._get_param("DryRun") else names.values():
            _require_place(state, _known(state, name))
        result = start_before(self)
        for instance_id, name in names.items():
            _known(state, name).taken_by.add(instance_id)
        return result

    EC2Response.describe_capacity_reservations = describe
    InstanceResponse.start_instances = start_instances
    for method in ("stop", "terminate"):
        _give_back_at(method, state)


def asked_for(request: Any) -> str:
    """Return the capacity reservation, or Capacity Block, that a launch is for; empty for none."""
    asked = request._get_param("CapacityReservationSpecification", {}) or {}
    return str((asked.get("CapacityReservationTarget") or {}).get("CapacityReservationId") or "")


def target_of(instance: Any) -> str:
    """Return the reservation that an instance was launched for; empty for none."""
    asked = getattr(instance, "capacity_reservation_specification", None) or {}
    return str((asked.get("CapacityReservationTarget") or {}).get("CapacityReservationId") or "")


def check(state: SimulatorState, request: Any, *, instance_type: str, zone: str) -> None:
    """Refuse a launch that does not fit into the reservation that it names."""
    found = _known(state, asked_for(request))
    market = (request._get_param("InstanceMarketOptions", {}) or {}).get("MarketType") or "on-demand"
    if (market == BLOCK) != found.block or market == "spot":
        raise _other(found, f"market type {market}")
    if (instance_type, zone) != (found.instance_type, found.zone):
        raise _other(found, f"instance type {instance_type} in {zone}")
    _require_place(state, found)


def launched(state: SimulatorState, request: Any, instance: Any) -> None:
    """Give a new instance its place."""
    name = asked_for(request)
    target = {"CapacityReservationId": name}
    instance.capacity_reservation_id = name
    instance.capacity_reservation_specification = {"CapacityReservationTarget": target}
    _known(state, name).taken_by.add(instance.id)


def put(state: SimulatorState, one: ReservedCapacity, instances: Iterable[Any]) -> None:
    """Add a reservation, or change one; at the end of a block EC2 terminates its instances, 30 min before.

    instances: all that there are, looked at when the time has come.
    """
    state.reservations.put(one)
    if not one.block or one.ends is None:
        return
    left_s = max(0.0, one.ends - EC2_ENDS_S - state.now())
    timer = threading.Timer(left_s, _end, (state, one, instances))
    timer.daemon = True
    timer.start()


def _end(state: SimulatorState, one: ReservedCapacity, instances: Iterable[Any]) -> None:
    """Terminate what runs in a block, unless it was extended, or the simulator was reset meanwhile."""
    with state.moto_lock:
        if state.reservations.find(one.reservation_id) != one:
            return
        for instance in instances:
            if target_of(instance) == one.reservation_id and instance._state.name == "running":
                state.acting = EC2
                instance.terminate()
                instance.state_reason = StateReason(f"{ENDED}: the Capacity Block has ended", ENDED)


def _state(one: ReservedCapacity, now: float) -> str:
    if one.state:
        return one.state
    if now < one.begins:
        return "scheduled"
    return "expired" if one.ends is not None and now >= one.ends else "active"


def _free(one: ReservedCapacity, now: float) -> int:
    """Return how many more instances it takes."""
    return max(0, one.count - len(one.taken_by)) if _state(one, now) == "active" else 0


def _described(one: ReservedCapacity, now: float) -> dict[str, Any]:
    """Return it as DescribeCapacityReservations does."""
    return {
        "CapacityReservationId": one.reservation_id,
        "InstanceType": one.instance_type,
        "AvailabilityZone": one.zone,
        "InstancePlatform": one.platform,
        "Tenancy": one.tenancy,
        "TotalInstanceCount": one.count,
        "AvailableInstanceCount": _free(one, now),
        "State": _state(one, now),
        "StartDate": datetime.fromtimestamp(one.begins, UTC),
        "EndDate": datetime.fromtimestamp(one.ends, UTC) if one.ends is not None else None,
        "EndDateType": "limited" if one.ends is not None else "unlimited",
        "InstanceMatchCriteria": "targeted",
        "ReservationType": BLOCK if one.block else "default",
    }


def _known(state: SimulatorState, name: str) -> ReservedCapacity:
    found = state.reservations.find(name)
    if found is None:
        message = f"The Capacity Reservation ID '{name}' does not exist."
        raise EC2ClientError("InvalidCapacityReservationId.NotFound", message)
    return found


def _require_place(state: SimulatorState, found: ReservedCapacity) -> None:
    now = state.now()
    if _state(found, now) == "scheduled":
        message = "Your Capacity Block is not active yet."
        raise EC2ClientError("InvalidCapacityReservationState.PendingActivation", message)
    if _state(found, now) != "active":
        message = f"The Capacity Reservation {found.reservation_id} is {_state(found, now)}."
        raise EC2ClientError("InvalidCapacityReservationState", message)
    if not _free(found, now):
        message = (
            "The requested reservation does not have sufficient compatible and available capacity for this"
            " request."
        )
        raise EC2ClientError("ReservationCapacityExceeded", message)


def _other(found: ReservedCapacity, what: str) -> EC2ClientError:
    message = f"{what} does not match the attributes of the Capacity Reservation {found.reservation_id}."
    return EC2ClientError("InvalidParameterValue", message)


def _give_back_at(method: str, state: SimulatorState) -> None:
    before = getattr(Instance, method)

    def wrapper(self: Any) -> Any:
        result = before(self)
        state.reservations.give_back(self.id)
        return result

    setattr(Instance, method, wrapper)
