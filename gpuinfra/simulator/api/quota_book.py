"""The account's quotas of EC2, and what was asked for: as Service Quotas keeps them.

https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_RequestServiceQuotaIncrease.html
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from gpuinfra.simulator.api.seed import Quota

OPEN = ("PENDING", "CASE_OPENED")
STATUSES = (*OPEN, "APPROVED", "DENIED", "CASE_CLOSED", "NOT_APPROVED", "INVALID_REQUEST")


class QuotaRefused(Exception):
    """What Service Quotas refuses: its code, and its words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class QuotaBook:
    """Values in vCPUs by code; one account, all regions alike."""

    def __init__(self, seeded: Mapping[str, Quota], now: Callable[[], float]) -> None:
        self.seeded, self._now = seeded, now
        self.clear()

    def clear(self) -> None:
        """Back to the seed."""
        self._applied = {code: quota.value for code, quota in self.seeded.items()}
        self.requests: list[dict[str, Any]] = []

    def applied(self, code: str) -> float | None:
        """Return what was applied to the account, None where nothing was."""
        return self._applied.get(code)

    def limit(self, code: str) -> float:
        """Return what holds."""
        value = self._applied[code]
        return self.seeded[code].default if value is None else value

    def apply(self, code: str, value: float | None) -> dict[str, Any]:
        """Apply a value."""
        if code not in self.seeded:
            raise KeyError(code)
        self._applied[code] = value
        return {}

    def request(self, code: str, value: float) -> dict[str, Any]:
        """Take a request for more.

        Raises:
            QuotaRefused: there is no such quota, one is open, or it is no more than there is.
        """
        if code not in self.seeded:
            raise QuotaRefused("NoSuchResourceException", "The specified resource does not exist.")
        if any(it["QuotaCode"] == code and it["Status"] in OPEN for it in self.requests):
            message = "Only one open service quota increase request is allowed per quota."
            raise QuotaRefused("ResourceAlreadyExistsException", message)
        if value <= self.limit(code):
            message = f"The desired value {value:g} must be above the present value {self.limit(code):g}."
            raise QuotaRefused("IllegalArgumentException", message)
        made = {
            "Id": uuid4().hex,
            "ServiceCode": "ec2",
            "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
            "QuotaCode": code,
            "QuotaName": self.seeded[code].name,
            "DesiredValue": value,
            "Status": "PENDING",
            "Created": self._now(),
            "LastUpdated": self._now(),
            "GlobalQuota": False,
            "Unit": "None",
        }
        self.requests.append(made)
        return made

    def answer(self, code: str, status: str, case: str = "") -> dict[str, Any]:
        """Answer the open request for a quota."""
        if status not in STATUSES:
            raise ValueError(f"status {status!r}; known: {', '.join(STATUSES)}")
        (found,) = (it for it in self.requests if it["QuotaCode"] == code and it["Status"] in OPEN)
        found |= {"Status": status, "LastUpdated": self._now()} | ({"CaseId": case} if case else {})
        if status == "APPROVED":
            self._applied[code] = found["DesiredValue"]
        return {}
