"""The calls below /_sim/ by which a test prepares the simulator and inspects it."""

import dataclasses
import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from gpuinfra.simulator.api.account_settings import AccountSettings
from gpuinfra.simulator.api.aws_protocol import ApiAnswer
from gpuinfra.simulator.api.capacity import CapacityRule
from gpuinfra.simulator.api.controlled_account import Account
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.api.iam_gate import from_json
from gpuinfra.simulator.api.reservations import ReservedCapacity
from gpuinfra.simulator.api.state import HOST, SimulatorState

_log = logging.getLogger(__name__)


def _text(text: str) -> ApiAnswer:
    return ApiAnswer(status=200, headers=(("Content-Type", "text/plain"),), body=text.encode())


def _json(value: object, status: int = 200) -> ApiAnswer:
    return ApiAnswer(
        status=status, headers=(("Content-Type", "application/json"),), body=json.dumps(value).encode()
    )


def _done(act: Callable[..., object]) -> Callable[[Any], ApiAnswer]:
    """Return a route that does something with what the body names."""
    return lambda payload: _json(act(**payload) or {})


class ControlApi:
    """One method per control call; each takes the decoded JSON body."""

    def __init__(self, *, state: SimulatorState, account: Account) -> None:
        self._state = state
        self._account = account
        self._routes: Mapping[str, Callable[[Any], ApiAnswer]] = {
            "GET /_sim/": lambda _: _json({"simulator": "gpuinfra"}),
            "GET /_sim/checkip": lambda _: _text(state.caller_ip),
            "GET /_sim/calls": lambda _: _json([call.to_json() for call in state.calls.all()]),
            "GET /_sim/faults": lambda _: _json([fault.to_json() for fault in state.faults.all()]),
            "GET /_sim/events": lambda _: _json([event.to_json() for event in state.events]),
            "GET /_sim/leftovers": lambda _: _json(account.leftovers()),
            "GET /_sim/machines": lambda _: _json(self._machines()),
            "GET /_sim/images": lambda _: _json(account.images()),
            "POST /_sim/powered-off": self._power_off,
            "POST /_sim/interrupt": _done(account.interrupt),
            "POST /_sim/rebalance": _done(account.rebalance),
            "POST /_sim/spot-price": _done(account.spot_price),
            "POST /_sim/reservation": self._reserve,
            "POST /_sim/faults": self._add_faults,
            "DELETE /_sim/faults": self._clear_faults,
            "POST /_sim/capacity": self._add_capacity_rule,
            "DELETE /_sim/capacity": self._clear_capacity,
            "POST /_sim/console": self._set_console,
            "POST /_sim/policies": self._allow,
            "GET /_sim/needs": lambda _: _json(state.gate.needed()),
            "POST /_sim/settings": self._set,
            "POST /_sim/account": self._set_account,
            "DELETE /_sim/default-vpc": self._remove_default_vpc,
            "POST /_sim/quota": lambda it: _json(state.quotas.apply(**it)),
            "POST /_sim/quota-answer": lambda it: _json(state.quotas.answer(**it)),
            "POST /_sim/reset": self._reset,
            "POST /_sim/keep": self._keep,
            "POST /_sim/back": self._back,
        }

    def __call__(self, environ: Mapping[str, Any], body: bytes) -> ApiAnswer:
        """Answer one control call; a mistake in it is a 400 that says what is wrong."""
        route = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        handler = self._routes.get(route)
        if handler is None:
            return _json({"error": f"no such control call: {route}", "known": sorted(self._routes)}, 404)
        try:
            with self._state.moto_lock:
                return handler(json.loads(body or b"null"))
        except Exception as error:  # whoever made the call gets to see it, moto's errors too
            _log.exception("%s", route)
            return _json({"error": f"{type(error).__name__}: {error}"}, 400)

    def _machines(self) -> list[dict[str, Any]]:
        times = Counter((it.instance_id, it.state) for it in self._state.events)
        return [
            dataclasses.replace(
                it,
                starts=times[it.id, "running"],
                reboots=times[it.id, "rebooted"],
                notices=self._state.notices.get(it.id, {}),
                metadata_silent=it.id in self._state.silent,
            ).to_json()
            for it in self._account.machines()
        ]

    def _power_off(self, payload: Any) -> ApiAnswer:
        self._state.acting = HOST
        self._account.power_off(payload["instance_id"])
        return _json({})

    def _reserve(self, payload: Any) -> ApiAnswer:
        self._account.reserve(ReservedCapacity.from_json(payload, self._state.now()))
        return _json({})

    def _add_faults(self, payload: Any) -> ApiAnswer:
        self._state.faults.add([Fault.from_json(raw) for raw in payload])
        return _json({})

    def _clear_faults(self, _: Any) -> ApiAnswer:
        self._state.faults.clear()
        return _json({})

    def _add_capacity_rule(self, payload: Any) -> ApiAnswer:
        self._state.capacity.add(CapacityRule(**payload))
        return _json({})

    def _clear_capacity(self, _: Any) -> ApiAnswer:
        self._state.capacity.clear()
        return _json({})

    def _set_console(self, payload: Any) -> ApiAnswer:
        self._state.consoles[payload["instance_id"]] = payload["text"]
        return _json({})

    def _set(self, payload: Any) -> ApiAnswer:
        unknown = payload.keys() - {
            "pending_s", "image_s", "caller_ip", "schedules_ahead_s", "hung", "silent",
        }  # fmt: skip
        if unknown:
            raise KeyError(f"no such setting: {', '.join(sorted(unknown))}")
        self._state.pending_s = float(payload.get("pending_s", self._state.pending_s))
        self._state.image_s = float(payload.get("image_s", self._state.image_s))
        self._state.caller_ip = str(payload.get("caller_ip", self._state.caller_ip))
        self._state.silent = set(payload.get("silent", self._state.silent))
        self._state.hung = set(payload.get("hung", self._state.hung))
        self._state.schedules_ahead_s = float(payload.get("schedules_ahead_s", self._state.schedules_ahead_s))
        self._state.ticked.set()
        return _json({})

    def _allow(self, payload: Any) -> ApiAnswer:
        self._state.gate.allow(*from_json(payload))
        return _json({})

    def _set_account(self, payload: Any) -> ApiAnswer:
        self._state.account = AccountSettings.from_json(payload)
        return _json({})

    def _remove_default_vpc(self, payload: Any) -> ApiAnswer:
        self._account.remove_default_vpc(payload["region"])
        return _json({})

    def _reset(self, _: Any) -> ApiAnswer:
        self._account.reset()
        self._state.clear()
        return _json({})

    def _keep(self, payload: Any) -> ApiAnswer:
        self._account.keep(payload["name"])
        return _json({})

    def _back(self, payload: Any) -> ApiAnswer:
        self._account.back(payload["name"])
        return _json({})
