"""EC2 takes spot instances back: the notice in the host's metadata, and its end when the notice is over.

Sources: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html and
.../spot-request-status.html
"""

import threading
import time
from collections.abc import Iterable
from typing import Any

from moto.ec2.models.instances import StateReason

from gpuinfra.simulator.api.state import EC2, SimulatorState

CODE = "Server.SpotInstanceTermination"
ENDED, BY_PRICE = "instance-terminated-no-capacity", "instance-terminated-by-price"


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Interruptions:
    """Gives notice to spot instances, and ends them; moto's lock is held by whoever calls."""

    def __init__(self, state: SimulatorState) -> None:
        self._state = state

    def begin(
        self, instance: Any, *, notice_s: float, action: str, with_notice: bool, why: str = ENDED
    ) -> None:
        """Take an instance back: after `notice_s` with a notice, at once and with the power cut without.

        why: what its request says afterwards.

        Raises:
            ValueError: it is no running spot instance.
        """
        if instance.lifecycle != "spot" or instance._state.name != "running":
            raise ValueError(f"{instance.id} is no running spot instance")
        if not with_notice:
            instance.loses_power = True
            self._end(instance, why)
            return
        notice = {"action": action, "time": _iso(self._state.now() + notice_s)}
        self._state.notices.setdefault(instance.id, {})["spot-action"] = notice
        timer = threading.Timer(notice_s, self._when_over, (instance, notice, why))
        timer.daemon = True
        timer.start()

    def price_rose(self, instances: Iterable[Any], *, notice_s: float) -> None:
        """Take those back whose requests would not pay so much."""
        for one in list(instances):
            request = one.ec2_backend.spot_instance_requests.get(one.spot_instance_request_id)
            most_usd_h = getattr(request, "max_usd_h", None)
            price = self._state.spot_usd_h(one.instance_type, one.availability_zone or "")
            if most_usd_h is not None and price > most_usd_h and one._state.name == "running":
                self.begin(one, notice_s=notice_s, action="terminate", with_notice=True, why=BY_PRICE)

    def recommend(self, instance: Any) -> None:
        """Say that an instance is at a higher risk than others."""
        notice = {"noticeTime": _iso(self._state.now())}
        self._state.notices.setdefault(instance.id, {})["rebalance"] = notice

    def _when_over(self, instance: Any, notice: dict[str, str], why: str) -> None:
        """End it, unless it has ended, or the simulator was reset meanwhile."""
        with self._state.moto_lock:
            is_meant = self._state.notices.get(instance.id, {}).get("spot-action") is notice
            if is_meant and instance._state.name == "running":
                self._end(instance, why)

    def _end(self, instance: Any, why: str) -> None:
        self._state.acting = EC2
        instance.terminate()
        instance.state_reason = StateReason(f"{CODE}: Spot instance termination", CODE)
        request = instance.ec2_backend.spot_instance_requests.get(instance.spot_instance_request_id)
        if request:
            request.state, request._status_code = "closed", why


def instance_of(backends: Iterable[tuple[Any, Any, Any]], instance_id: str) -> Any:
    """Return moto's object of an instance.

    Raises:
        KeyError: there is none.
    """
    for _, _, backend in backends:
        for one in backend.all_instances():
            if one.id == instance_id:
                return one
    raise KeyError(f"there is no instance {instance_id}")
