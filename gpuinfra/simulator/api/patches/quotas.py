"""Service quotas of EC2, which moto does not have: applied and default values, requests, their history."""

import json
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

from gpuinfra.simulator.api.quota_book import QuotaRefused
from gpuinfra.simulator.api.state import SimulatorState


def _describe(state: SimulatorState, code: str, value: float | None) -> dict[str, Any]:
    if value is None:
        raise NoSuchResource
    return {
        "ServiceCode": "ec2",
        "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
        "QuotaCode": code,
        "QuotaName": state.seed.quotas[code].name,
        "Value": float(value),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }


def apply(state: SimulatorState) -> None:
    """Answer for ec2; other services are left to moto."""
    get_of_moto = ServiceQuotasBackend.get_service_quota

    def get(self: Any, service_code: str, quota_code: str) -> Any:
        if service_code == "ec2":
            return _describe(state, quota_code, state.quotas.applied(quota_code))
        return get_of_moto(self, service_code, quota_code)

    def get_default(self: Any) -> str:
        asked = json.loads(self.body)
        seeded = state.seed.quotas.get(asked["QuotaCode"]) if asked["ServiceCode"] == "ec2" else None
        value = seeded.default if seeded else None
        return json.dumps({"Quota": _describe(state, asked["QuotaCode"], value)})

    def list_quotas(self: Any) -> str:
        codes = state.seed.quotas if json.loads(self.body).get("ServiceCode") == "ec2" else ()
        return json.dumps({"Quotas": [_describe(state, code, state.quotas.limit(code)) for code in codes]})

    ServiceQuotasBackend.get_service_quota = get
    response: Any = ServiceQuotasResponse
    response.get_aws_default_service_quota = get_default
    response.list_service_quotas = list_quotas
    _take_requests(state)


def _take_requests(state: SimulatorState) -> None:
    def request(self: Any) -> str:
        asked = json.loads(self.body)
        if asked["ServiceCode"] != "ec2":
            raise NoSuchResource
        try:
            made = state.quotas.request(asked["QuotaCode"], float(asked["DesiredValue"]))
        except QuotaRefused as refused:
            raise JsonRESTError(refused.code, refused.message) from None
        return json.dumps({"RequestedQuota": made})

    def history(self: Any) -> str:
        asked = json.loads(self.body)
        wanted = (asked.get("QuotaCode"), asked.get("Status"))
        found = [
            it for it in state.quotas.requests
            if wanted[0] in (None, it["QuotaCode"]) and wanted[1] in (None, it["Status"])
        ]  # fmt: skip
        return json.dumps({"RequestedQuotas": found})

    response: Any = ServiceQuotasResponse
    response.request_service_quota_increase = request
    response.list_requested_service_quota_change_history = history
    response.list_requested_service_quota_change_history_by_quota = history
