"""The handle on a running simulator, over plain HTTP; over 200 lines: one method a control call."""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.simulator.api.call_log import Call
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.api.iam_policy import Need
from gpuinfra.simulator.machine import Machine

REGION = "us-east-1"
PATIENCE_S = 300.0  # ends what would never end; a busy machine is given time
POLL_S = 0.05
_BYPASS = ("no_proxy", "NO_PROXY")


def simulator_env(url: str, base: Mapping[str, str]) -> dict[str, str]:
    """Return `base` without any AWS setting of the user's, and pointed at the simulator."""
    kept = {name: value for name, value in base.items() if not name.startswith("AWS_")}
    for name in _BYPASS:
        kept[name] = ",".join(filter(None, [kept.get(name, ""), "127.0.0.1"]))
    return kept | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "simulator",
        "AWS_SECRET_ACCESS_KEY": "simulator",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "GPUINFRA_CHECKIP_URL": f"{url}/_sim/checkip",
        "GPUINFRA_WAIT": "0",  # there is no host to wait for, but in a lab
    }


class Simulator:
    """A running simulator."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opener = build_opener(ProxyHandler({}))  # a proxy in the environment must not see these

    def env(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return a whole environment for a child: `base` (this process's own) pointed at the simulator."""
        return simulator_env(self.url, os.environ if base is None else base)

    def fault(self, *faults: Fault) -> None:
        """Set faults, on top of those that are set."""
        self._call("POST", "faults", [fault.to_json() for fault in faults])

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._call("DELETE", "faults")

    def capacity(
        self,
        left: int | None,
        *,
        instance_type: str | None = None,
        zone: str | None = None,
        market: str | None = None,
    ) -> None:
        """Let EC2 have at most so many more hosts where all that is named matches.

        left: 0: none, None: any number. market: "on-demand" or "spot". The newest rule that matches counts.
        A host that took one of these places gives it back when it stops or ends.
        """
        rule = {"left": left, "instance_type": instance_type, "zone": zone, "market": market}
        self._call("POST", "capacity", rule)

    def capacity_late(self, *, instance_type: str | None = None, zone: str | None = None) -> None:
        """Let RunInstances say yes there, and EC2 end the pending host for lack of capacity."""
        self._call("POST", "capacity", {"instance_type": instance_type, "zone": zone, "late": True})

    def clear_capacity(self) -> None:
        """Let EC2 have any number of hosts everywhere again."""
        self._call("DELETE", "capacity")

    def calls(self, action: str | None = None) -> list[Call]:
        """Return the calls so far in order of arrival, or those of one action; dry runs do nothing."""
        return [call for call in self._logged() if action in (None, call.action) and not call.is_dry_run]

    def dry_runs(self) -> list[Call]:
        """Return in order of arrival what EC2 was only asked whether it would do it."""
        return [call for call in self._logged() if call.is_dry_run]

    def _logged(self) -> list[Call]:
        return [Call.from_json(raw) for raw in self._call("GET", "calls")]

    def wait_for(self, arrived: Callable[[list[Call]], bool], *, timeout_s: float = PATIENCE_S) -> list[Call]:
        """Poll the call log until `arrived` says yes to it; TimeoutError if it never does."""
        deadline = time.monotonic() + timeout_s
        while not arrived(calls := self.calls()):
            if time.monotonic() > deadline:
                seen = ", ".join(sorted({call.action for call in calls}))
                raise TimeoutError(f"not within {timeout_s:g} s; actions seen: {seen}")
            time.sleep(POLL_S)
        return calls

    def reset(self) -> None:
        """Back to the state of a fresh start: the seed, no faults, no calls."""
        self._call("POST", "reset")

    def keep(self, name: str = "") -> None:
        """Keep the account as it is now, without the hosts of a lab; under a name, if several are kept."""
        self._call("POST", "keep", {"name": name})

    def back(self, name: str = "") -> None:
        """Let the account be as it was at the last keep() of this name; calls and events go on."""
        self._call("POST", "back", {"name": name})

    def console(self, instance_id: str, text: str) -> None:
        """Set what GetConsoleOutput returns for an instance."""
        self._call("POST", "console", {"instance_id": instance_id, "text": text})

    def pending(self, seconds: float) -> None:
        """Let instances be pending for so long after each launch and start."""
        self._call("POST", "settings", {"pending_s": seconds})

    def images_take(self, seconds: float) -> None:
        """Let an image of an instance be pending for so long."""
        self._call("POST", "settings", {"image_s": seconds})

    def schedules_ahead(self, seconds: float) -> None:
        """Let schedules be carried out as if it were so much later."""
        self._call("POST", "settings", {"schedules_ahead_s": seconds})

    def hang(self, *instance_ids: str) -> None:
        """Let the hosts of these instances not hear that they shall shut down; all others hear it."""
        self._call("POST", "settings", {"hung": list(instance_ids)})

    def account(self, **settings: object) -> None:
        """Set what the account is like (see AccountSettings); what is not named is as in a sound one."""
        self._call("POST", "account", settings)

    def quota(self, code: str, value: float | None) -> None:
        """Apply a value to a quota of EC2, in vCPUs; None: none was ever applied, AWS's default holds."""
        self._call("POST", "quota", {"code": code, "value": value})

    def quota_answer(self, code: str, status: str, *, case: str = "") -> None:
        """Answer the open request for a quota: APPROVED applies what it asks for. case: its number."""
        self._call("POST", "quota-answer", {"code": code, "status": status, "case": case})

    def metadata_silent(self, *instance_ids: str) -> None:
        """Let the metadata service not answer the hosts of these instances, not even with 404; all others."""
        self._call("POST", "settings", {"silent": list(instance_ids)})

    def interrupt(
        self,
        instance_id: str,
        *,
        notice_s: float = 120.0,
        action: str = "terminate",
        with_notice: bool = True,
    ) -> None:
        """Take a spot instance back as EC2 does; without a notice its power is cut at once."""
        given = {"notice_s": notice_s, "action": action, "with_notice": with_notice}
        self._call("POST", "interrupt", {"instance_id": instance_id, **given})

    def spot_price(self, instance_type: str, zone: str, usd_h: float, *, notice_s: float = 120.0) -> None:
        """Let a type cost so much an hour on the spot market; hosts of a lower max_price are taken back."""
        given = {"instance_type": instance_type, "zone": zone, "usd_h": usd_h, "notice_s": notice_s}
        self._call("POST", "spot-price", given)

    def rebalance(self, instance_id: str) -> None:
        """Say in an instance's metadata that it is at a higher risk of being taken back."""
        self._call("POST", "rebalance", {"instance_id": instance_id})

    def reserve(
        self,
        reservation_id: str,
        *,
        instance_type: str = "g4dn.xlarge",
        zone: str = f"{REGION}a",
        begins_in_s: float = 0.0,
        ends_in_s: float | None = None,
        **more: object,
    ) -> None:
        """Let the account have a capacity reservation, or change it; more: as of ReservedCapacity.

        What runs in one that is a Capacity Block (block=True) is terminated by EC2 30 minutes before its end.
        """
        given = {"reservation_id": reservation_id, "instance_type": instance_type, "zone": zone, **more}
        times = {"begins_in_s": begins_in_s, "ends_in_s": ends_in_s}
        self._call("POST", "reservation", {**given, **times})

    def caller_ip(self, address: str) -> None:
        """Set the address that checkip answers."""
        self._call("POST", "settings", {"caller_ip": address})

    def allow(
        self, policy: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None, *, access_key: str
    ) -> None:
        """Hold the calls signed with this key to an IAM policy, or several; None: to none. Until reset()."""
        self._call("POST", "policies", {"policy": policy, "access_key": access_key})

    def needs(self, access_key: str) -> list[tuple[Need, ...]]:
        """Return what the calls of a key needed, each different one once; reset() does not forget it."""
        found = [raw["needs"] for raw in self._call("GET", "needs") if raw["access_key"] == access_key]
        return [tuple(Need.from_json(one) for one in needs) for needs in found]

    def remove_default_vpc(self, region: str = REGION) -> None:
        """Remove the default VPC of a region, until reset()."""
        self._call("DELETE", "default-vpc", {"region": region})

    def leftovers(self) -> dict[str, list[str]]:
        """Name what is left, by kind, in all regions; empty when nothing is."""
        return dict(self._call("GET", "leftovers"))

    def events(self) -> list[dict[str, Any]]:
        """Return what has happened to instances, in order: time, region, instance_id, state."""
        return list(self._call("GET", "events"))

    def machines(self) -> list[Machine]:
        """Describe every instance for the lab; no call is logged, no fault can hit."""
        return [Machine.from_json(raw) for raw in self._call("GET", "machines")]

    def images(self) -> dict[str, str]:
        """Return the images that were made of instances: image -> instance."""
        return dict(self._call("GET", "images"))

    def powered_off(self, instance_id: str) -> None:
        """Say that the host of an instance has shut itself down."""
        self._call("POST", "powered-off", {"instance_id": instance_id})

    def _call(self, method: str, path: str, payload: object = None) -> Any:
        data = None if payload is None else json.dumps(payload).encode()
        request = Request(f"{self.url}/_sim/{path}", data=data, method=method)  # noqa: S310  # our own URL
        try:
            with self._opener.open(request, timeout=PATIENCE_S) as answer:
                return json.load(answer)
        except HTTPError as error:
            detail = error.read().decode("utf-8", "replace")
            raise GpuInfraError(f"the simulator refused {method} {path}: {detail}") from error
