"""What AWS tells of quotas: what counts against them, and what was asked for. Pure."""

from dataclasses import dataclass

# https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_RequestedServiceQuotaChange.html
OPEN = ("PENDING", "CASE_OPENED")


@dataclass(frozen=True, kw_only=True)
class RunningVcpus:
    """The vCPUs of one instance that is pending or running; market: on-demand or spot."""

    instance_type: str
    market: str
    vcpus: int


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
