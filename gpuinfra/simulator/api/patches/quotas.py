"""Service quotas of EC2, which moto does not have."""

import json
from typing import Any

from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

from gpuinfra.simulator.api.state import SimulatorState


def _describe(state: SimulatorState, code: str) -> dict[str, Any]:
    quota = state.seed.quotas.get(code)
    if quota is None:
        raise NoSuchResource
    return {
        "ServiceCode": "ec2",
        "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
        "QuotaCode": code,
        "QuotaName": quota.name,
        "Value": float(quota.value),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }


def apply(state: SimulatorState) -> None:
    """Answer GetServiceQuota, GetAWSDefaultServiceQuota and ListServiceQuotas for ec2."""
    get_of_moto = ServiceQuotasBackend.get_service_quota

    def get(self: Any, service_code: str, quota_code: str) -> Any:
        if service_code == "ec2":
            return _describe(state, quota_code)
        return get_of_moto(self, service_code, quota_code)

    def list_quotas(self: Any) -> str:
        codes = state.seed.quotas if json.loads(self.body).get("ServiceCode") == "ec2" else ()
        return json.dumps({"Quotas": [_describe(state, code) for code in codes]})

    ServiceQuotasBackend.get_service_quota = get
    ServiceQuotasResponse.get_aws_default_service_quota = ServiceQuotasResponse.get_service_quota
    ServiceQuotasResponse.list_service_quotas = list_quotas
