"""Where EC2 has a host: RunInstances and StartInstances are refused in a pool without room, in AWS's words.

Wording as users have reported it; facts of the API:
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
"""

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES
from moto.ec2.models.instances import Instance
from moto.ec2.responses.instances import InstanceResponse

from gpuinfra.simulator.api.aws_protocol import NO_CAPACITY
from gpuinfra.simulator.api.patches import late_capacity, reservations
from gpuinfra.simulator.api.state import SimulatorState

DEFAULT_TYPE = "m1.small"
_MORE = " Our system will be working on provisioning additional capacity."
ON_DEMAND, SPOT, CAPACITY_BLOCK = "on-demand", "spot", "capacity-block"


def apply(state: SimulatorState) -> None:
    """Wrap StartInstances; a host that stops or ends gives its place back."""
    start_before = InstanceResponse.start_instances

    def start_instances(self: Any) -> Any:
        asked = self.ec2_backend.get_multi_instances_by_id(self._get_param("InstanceIds", []))
        stopped = [it for it in asked if it._state.name == "stopped" and not reservations.target_of(it)]
        starting = [] if self._get_param("DryRun") else stopped
        for instance in starting:
            if not state.capacity.has_room(*_pool(instance)):
                raise EC2ClientError(NO_CAPACITY, "Insufficient capacity.")
        late = [it for it in starting if state.capacity.is_late(*_pool(it))]
        state.without_capacity.update(it.id for it in late)
        result = start_before(self)
        for instance in starting:
            state.capacity.take(instance.id, *_pool(instance))
        for instance in late:
            late_capacity.stop(state, instance)
        return result

    InstanceResponse.start_instances = start_instances
    for method in ("stop", "terminate"):
        _give_back_at(method, state)


def choose_zone(state: SimulatorState, request: Any) -> str:
    """Return the zone asked for, else the first with room that offers the type; refuse as EC2 does.

    A dry run says nothing of capacity, and a reservation has it.
    """
    instance_type = request._get_param("InstanceType") or DEFAULT_TYPE
    zone, zones = zone_asked(request), _zones_offering(instance_type, request.region)
    if zone and zone not in zones:
        raise EC2ClientError(
            "Unsupported",
            f"Your requested instance type ({instance_type}) is not supported in your requested Availability"
            f" Zone ({zone}). Please retry your request by not specifying an Availability Zone or choosing"
            f" {', '.join(zones)}.",
        )
    if not request._get_param("DryRun") and reservations.asked_for(request):
        reservations.check(state, request, instance_type=instance_type, zone=zone or zones[0])
    if request._get_param("DryRun") or reservations.asked_for(request):
        return zone or zones[0]
    market = market_asked(request)
    wanted = _affordable(state, request, instance_type, [zone] if zone else zones)
    free = [it for it in zones if state.capacity.has_room(instance_type, it, market)]
    chosen = next((it for it in wanted if it in free), None)
    if chosen is None:
        raise EC2ClientError(NO_CAPACITY, _no_capacity(instance_type, market, zone, free))
    return chosen


def launched(state: SimulatorState, request: Any, instance: Any) -> None:
    """Give a new instance its place, or let EC2 find out a moment later that it has none."""
    pool, reservation = _pool(instance), reservations.asked_for(request)
    if _options(request).get("MarketType") == CAPACITY_BLOCK:
        instance.lifecycle = CAPACITY_BLOCK  # to moto all that is bought in a way of its own is spot
    if reservation:
        reservations.launched(state, request, instance)
    else:
        state.capacity.take(instance.id, *pool)
    if not reservation and state.capacity.is_late(*pool):
        state.without_capacity.add(instance.id)
        late_capacity.end(state, instance)
    else:
        state.instance_changed(region=instance.region_name, instance_id=instance.id, state="running")


def zone_asked(request: Any) -> str:
    """Return the zone that a launch is pinned to; empty where EC2 may choose."""
    subnet_id = request._get_param("SubnetId") or primary_nic(request).get("SubnetId")
    if subnet_id:
        return str(request.ec2_backend.get_subnet(subnet_id).availability_zone)
    return str(request._get_param("Placement.AvailabilityZone") or "")


def primary_nic(request: Any) -> dict[str, Any]:
    """Return the first interface that a launch asks for."""
    nics: list[dict[str, Any]] = request._get_param("NetworkInterfaces", [])
    return nics[0] if nics else {}


def market_asked(request: Any) -> str:
    """Return the market of a launch: on-demand or spot."""
    return SPOT if _options(request).get("MarketType") == SPOT else ON_DEMAND


def _options(request: Any) -> dict[str, Any]:
    return request._get_param("InstanceMarketOptions", {}) or {}


def _zones_offering(instance_type: str, region: str) -> list[str]:
    if instance_type not in INSTANCE_TYPES:
        raise EC2ClientError("InvalidParameterValue", f"Invalid value '{instance_type}' for InstanceType.")
    offers = INSTANCE_TYPE_OFFERINGS["availability-zone"].get(region, [])
    zones = sorted(offer["Location"] for offer in offers if offer["InstanceType"] == instance_type)
    if not zones:
        raise EC2ClientError("Unsupported", "The requested configuration is currently not supported.")
    return zones


def _no_capacity(instance_type: str, market: str, zone: str, free: list[str]) -> str:
    if market == SPOT:
        return "There is no Spot capacity available that matches your request."
    lack = f"We currently do not have sufficient {instance_type} capacity in"
    if not zone:
        return f"{lack} zones with support for 'gp3' volumes.{_MORE}"
    advice = (
        f" You can currently get {instance_type} capacity by not specifying an Availability Zone in your"
        f" request or choosing {', '.join(free)}."
    )
    return f"{lack} the Availability Zone you requested ({zone}).{_MORE}{advice if free else ''}"


def _affordable(state: SimulatorState, request: Any, instance_type: str, zones: list[str]) -> list[str]:
    """Return the zones whose spot price is within the highest that was named; refuse where there is none."""
    most = (_options(request).get("SpotOptions") or {}).get("MaxPrice")
    if market_asked(request) != SPOT or not most:
        return zones
    usd_h = {zone: state.spot_usd_h(instance_type, zone) for zone in zones}
    if within := [zone for zone in zones if usd_h[zone] <= float(most)]:
        return within
    raise EC2ClientError(
        "SpotMaxPriceTooLow",
        f"Your Spot request price of {most} is lower than the minimum required Spot request fulfillment"
        f" price of {min(usd_h.values())}.",
    )


def _pool(instance: Any) -> tuple[str, str, str]:
    market = SPOT if instance.lifecycle == "spot" else ON_DEMAND
    return instance.instance_type, instance.availability_zone or "", market


def _give_back_at(method: str, state: SimulatorState) -> None:
    before = getattr(Instance, method)

    def wrapper(self: Any) -> Any:
        result = before(self)
        state.capacity.give_back(self.id)
        return result

    setattr(Instance, method, wrapper)
