"""A capacity reservation, as EC2 describes it."""

from datetime import datetime
from typing import Any

from botocore import exceptions as boto

from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.reservation import Reservation
from gpuinfra.tools.aws.asking import code

# ...NotFound, ...Malformed: nobody has such a one.
UNKNOWN = "InvalidCapacityReservationId"
BLOCK = "capacity-block"


def find(ec2: Any, reservation_id: str) -> Reservation | None:
    """Return a reservation of the account's, or shared with it, None where this region has no such one.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeCapacityReservations.html

    Raises:
        CloudError: the answer is not of the shape that it must have.
    """
    try:
        found = ec2.describe_capacity_reservations(CapacityReservationIds=[reservation_id])
    except boto.ClientError as error:
        if code(error).startswith(UNKNOWN):
            return None
        raise
    listed = found.get("CapacityReservations", [])
    return _reservation(listed[0]) if listed else None


def _reservation(raw: dict[str, Any]) -> Reservation:
    return Reservation(
        reservation_id=_text(raw, "CapacityReservationId"),
        state=_text(raw, "State"),
        instance_type=_text(raw, "InstanceType"),
        zone=_text(raw, "AvailabilityZone"),
        platform=_text(raw, "InstancePlatform"),
        tenancy=_text(raw, "Tenancy"),
        is_block=raw.get("ReservationType") == BLOCK,
        free=_count(raw, "AvailableInstanceCount"),
        begins=_time(raw, "StartDate"),
        ends=_time(raw, "EndDate"),
    )


def _text(raw: dict[str, Any], name: str) -> str:
    value = raw.get(name, "")
    if not isinstance(value, str):
        raise _odd(name, value)
    return value


def _count(raw: dict[str, Any], name: str) -> int:
    value = raw.get(name, 0)
    if not isinstance(value, int):
        raise _odd(name, value)
    return value


def _time(raw: dict[str, Any], name: str) -> datetime | None:
    value = raw.get(name)
    if value is not None and not (isinstance(value, datetime) and value.tzinfo):
        raise _odd(name, value)
    return value


def _odd(name: str, value: object) -> CloudError:
    return CloudError(f"ec2:DescribeCapacityReservations answers {name} = {value!r}, which is none")
