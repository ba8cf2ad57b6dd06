"""What AWS tells of quotas: what counts against them, and what was asked for; and who asks it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

# https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_RequestedServiceQuotaChange.html
OPEN = ("PENDING", "CASE_OPENED")


@dataclass(frozen=True, kw_only=True)
class RunningVcpus:
    """The vCPUs of one instance that is pending or running; market: on-demand or spot."""

    instance_type: str
    market: str
    vcpus: int
    instance_id: str = ""


@dataclass(frozen=True, kw_only=True)
class QuotaRequest:
    """A request for a higher quota; status: AWS's word. made: ISO 8601, UTC. case: its number, if any."""

    code: str
    vcpus: float
    status: str
    made: str = ""
    case: str = ""
    request_id: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether AWS has not answered yet: no second one is taken until then."""
        return self.status in OPEN


class QuotaSource(Protocol):
    """AWS, asked in one region for what quotas need; each raises CloudError."""

    def limit(self, code: str) -> float:
        """Return a quota of EC2, in vCPUs: the account's own, else what AWS gives to every account."""

    def running(self) -> Sequence[RunningVcpus]:
        """Return the instances of the account that count: pending and running ones, of all stacks."""

    def vcpus(self, instance_types: Sequence[str]) -> Mapping[str, int]:
        """Return the vCPUs of instance types; one that the region does not sell is not in it."""


class QuotaAccount(QuotaSource, Protocol):
    """The same, asked for more."""

    def request(self, code: str, vcpus: float) -> QuotaRequest:
        """Ask AWS for a higher quota."""

    def history(self) -> list[QuotaRequest]:
        """Return all requests for quotas of EC2, the newest first."""
