"""An account's quotas, as a test says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gpuinfra.ground.errors import CloudError, GpuInfraError
from gpuinfra.ground.quota import QuotaRequest, RunningVcpus

VCPUS = {
    "g4dn.xlarge": 4, "g5.xlarge": 4, "g5.2xlarge": 8, "g6f.large": 2, "t3.large": 2,
    "p4d.24xlarge": 96, "p5.48xlarge": 192, "p6-b200.48xlarge": 192,
}  # fmt: skip


def denied(action: str) -> CloudError:
    """Return what the table of errors makes of a missing right."""
    return CloudError(
        f"your AWS user or role may not do {action}: no", hint=f"ask your AWS administrator to allow {action}"
    )


@dataclass(kw_only=True)
class FakeQuotas:
    """The quotas by code, 0 where none is given; refusals by the name of the method."""

    limits: dict[str, float] = field(default_factory=dict)
    hosts: list[RunningVcpus] = field(default_factory=list)
    refusals: Mapping[str, GpuInfraError] = field(default_factory=dict)
    requests: list[QuotaRequest] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def limit(self, code: str) -> float:
        """Return it."""
        self._note("limit", code)
        return self.limits.get(code, 0.0)

    def running(self) -> Sequence[RunningVcpus]:
        """Return the hosts of the test."""
        self._note("running")
        return self.hosts

    def vcpus(self, instance_types: Sequence[str]) -> Mapping[str, int]:
        """Return those of the types that are known here."""
        self._note("vcpus")
        return {name: VCPUS[name] for name in instance_types if name in VCPUS}

    def request(self, code: str, vcpus: float) -> QuotaRequest:
        """Take a request."""
        self._note("request", code)
        made = QuotaRequest(code=code, vcpus=vcpus, status="PENDING", made="2026-11-29T10:00:00Z")
        self.requests.insert(0, made)
        return made

    def history(self) -> list[QuotaRequest]:
        """Return the requests, the newest first."""
        self._note("history")
        return self.requests

    def _note(self, method: str, *given: str) -> None:
        self.asked.append(" ".join([method, *given]))
        if refusal := self.refusals.get(method):
            raise refusal
