"""The account's quotas of EC2, and what counts against them.

https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from botocore import exceptions as boto

from gpuinfra.ground.model import Settings
from gpuinfra.ground.pool import ON_DEMAND, SPOT
from gpuinfra.ground.quota import QuotaRequest, RunningVcpus
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.aws.asking import code as code_of
from gpuinfra.tools.aws.asking import items
from gpuinfra.tools.aws.client import client, session
from gpuinfra.tools.aws.credentials import no_questions
from gpuinfra.tools.aws.errors import map_boto_errors

EC2 = "ec2"  # the service whose quotas these are
# As IAM calls the service: refusals name what has to be allowed.
SERVICE = "servicequotas"
ATTEMPTS, READ_TIMEOUT_S = 3, 15
COUNTS = {"Name": "instance-state-name", "Values": ["pending", "running"]}


@adapter("the quotas cannot be asked for")
class Quotas:
    """The quotas of one region; its methods may be called from several threads."""

    def __init__(self, region: str, settings: Settings | None = None) -> None:
        """settings: for the words of what AWS refuses.

        Raises:
            CloudError: the caller's credentials cannot be had.
        """
        self._region, self._settings = region, settings
        self._own, self._lock = session(region), threading.Lock()
        with map_boto_errors("sts"):  # an MFA code is asked for now if one is due, never later, in a thread
            if found := self._own.get_credentials():
                found.get_frozen_credentials()

    def limit(self, code: str) -> float:
        """Return the quota that holds for the account, in vCPUs.

        Where nothing was ever applied AWS knows no quota of the account, and its default holds.
        """
        asked = {"ServiceCode": EC2, "QuotaCode": code}
        with self._mapped(SERVICE):
            quotas = self._client("service-quotas")
            try:
                return float(quotas.get_service_quota(**asked)["Quota"]["Value"])
            except boto.ClientError as error:
                if code_of(error) != "NoSuchResourceException":
                    raise
            return float(quotas.get_aws_default_service_quota(**asked)["Quota"]["Value"])

    def running(self) -> list[RunningVcpus]:
        """Return all instances of the account that are pending or running, whoever's they are."""
        with self._mapped(EC2):
            found = list(items(self._client(EC2), "describe_instances", "Reservations", Filters=[COUNTS]))
            untold = {raw["InstanceType"] for raw in found if not _vcpus_of(raw)}
            defaults = self.vcpus(sorted(untold)) if untold else {}
            return [
                RunningVcpus(
                    instance_type=raw["InstanceType"],
                    market=SPOT if raw.get("InstanceLifecycle") == "spot" else ON_DEMAND,
                    vcpus=_vcpus_of(raw) or defaults.get(raw["InstanceType"], 0),
                    instance_id=raw.get("InstanceId", ""),
                )
                for raw in found
            ]

    def vcpus(self, instance_types: Sequence[str]) -> Mapping[str, int]:
        """Return the vCPUs of instance types; one that the region does not sell is not in it."""
        named = {"Name": "instance-type", "Values": list(instance_types)}
        with self._mapped(EC2):
            found = items(self._client(EC2), "describe_instance_types", "InstanceTypes", Filters=[named])
            return {raw["InstanceType"]: int(raw["VCpuInfo"]["DefaultVCpus"]) for raw in found}

    def request(self, code: str, vcpus: float) -> QuotaRequest:
        """Ask AWS for a higher quota.

        Raises:
            CloudError: AWS refuses: one is open already, or it is no more than there is.
        """
        with self._mapped(SERVICE):
            made = self._client("service-quotas").request_service_quota_increase(
                ServiceCode=EC2, QuotaCode=code, DesiredValue=vcpus
            )
            return _request(made["RequestedQuota"])

    def history(self) -> list[QuotaRequest]:
        """Return all requests for quotas of EC2 in this region, the newest first."""
        operation, key = "list_requested_service_quota_change_history", "RequestedQuotas"
        with self._mapped(SERVICE):
            found = list(items(self._client("service-quotas"), operation, key, ServiceCode=EC2))
            return [_request(raw) for raw in sorted(found, key=lambda it: it["Created"], reverse=True)]

    def _client(self, service: str) -> Any:
        with self._lock:  # a session makes one client at a time
            return client(
                service, self._region, own=self._own, attempts=ATTEMPTS, read_timeout_s=READ_TIMEOUT_S
            )

    @contextmanager
    def _mapped(self, service: str) -> Iterator[None]:
        with no_questions(), map_boto_errors(service, self._settings):
            yield


def _vcpus_of(raw: Mapping[str, Any]) -> int:
    """Return the vCPUs that an instance was launched with: who halves its threads uses less of the quota."""
    cpu = raw.get("CpuOptions", {})
    return int(cpu.get("CoreCount", 0)) * int(cpu.get("ThreadsPerCore", 0))


def _request(raw: Mapping[str, Any]) -> QuotaRequest:
    made = raw.get("Created")
    return QuotaRequest(
        code=raw.get("QuotaCode", ""),
        vcpus=float(raw.get("DesiredValue", 0)),
        status=raw.get("Status", ""),
        made=made.strftime("%Y-%m-%dT%H:%M:%SZ") if made else "",
        case=raw.get("CaseId") or "",
        request_id=raw.get("Id", ""),
    )
