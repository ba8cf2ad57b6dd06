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
ENDED = "instance-terminated-no-capacity"


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Interruptions:
    """Gives notice to spot instances, and ends them; moto's lock is held by whoever calls."""

    def __init__(self, state: SimulatorState) -> None:
        self._state = state

    def begin(self, instance: Any, *, notice_s: float, action: str, with_notice: bool) -> None:
        """Take an instance back: after `notice_s` with a notice, at once and with the power cut without.

        Raises:
            ValueError: it is no running spot instance.
        """
        if instance.lifecycle != "spot" or instance._state.name != "running":
            raise ValueError(f"{instance.id} is no running spot instance")
        if not with_notice:
            instance.loses_power = True
            self._end(instance)
            return
        notice = {"action": action, "time": _iso(self._state.now() + notice_s)}
        self._state.notices.setdefault(instance.id, {})["spot-action"] = notice
        timer = threading.Timer(notice_s, self._when_over, (instance, notice))
        timer.daemon = True
        timer.start()

    def recommend(self, instance: Any) -> None:
        """Say that an instance is at a higher risk than others."""
        notice = {"noticeTime": _iso(self._state.now())}
        self._state.notices.setdefault(instance.id, {})["rebalance"] = notice

    def _when_over(self, instance: Any, notice: dict[str, str]) -> None:
        """End it, unless it has ended, or the simulator was reset meanwhile."""
        with self._state.moto_lock:
            is_meant = self._state.notices.get(instance.id, {}).get("spot-action") is notice
            if is_meant and instance._state.name == "running":
                self._end(instance)

    def _end(self, instance: Any) -> None:
        self._state.acting = EC2
        instance.terminate()
        instance.state_reason = StateReason(f"{CODE}: Spot instance termination", CODE)
        request = instance.ec2_backend.spot_instance_requests.get(instance.spot_instance_request_id)
        if request:
            request.state, request._status_code = "closed", ENDED


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
