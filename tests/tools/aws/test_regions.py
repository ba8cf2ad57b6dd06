"""A region that the account has not switched on is told from credentials that are false."""

from typing import Any

import pytest
from botocore import exceptions as boto

from gpuinfra.tools.aws.regions import not_enabled


class Account:
    """STS and EC2 of an account, as far as they are asked; an answer that is None is refused."""

    def __init__(self, caller: str | None, status: str | None) -> None:
        self.caller, self.status = caller, status
        self.asked: list[tuple[str, str]] = []

    def make(self, service: str, region: str) -> "Account":
        """Return itself as both clients."""
        self.asked.append((service, region))
        return self

    def get_caller_identity(self) -> dict[str, Any]:
        """Say who asks."""
        return {"Account": self._or_refused(self.caller)}

    def describe_regions(self, **_: Any) -> dict[str, Any]:
        """Say whether the region is on."""
        return {"Regions": [{"OptInStatus": self._or_refused(self.status)}]}

    def _or_refused(self, answer: str | None) -> str:
        if answer is None:
            raise boto.ClientError({"Error": {"Code": "AccessDenied"}}, "Any")
        return answer


@pytest.mark.parametrize(
    ("region", "caller", "status", "says", "hint"),
    [
        (
            "af-south-1",
            "1",
            "not-opted-in",
            "is not enabled",
            "aws account enable-region --region-name af-south-1",
        ),
        (
            "af-south-1",
            "1",
            None,
            "most likely",
            "aws account get-region-opt-status --region-name af-south-1",
        ),
        ("af-south-1", "1", "opted-in", "", ""),
        ("af-south-1", None, "not-opted-in", "", ""),
        ("us-east-1", "1", None, "", ""),
    ],
)
def test_said_where_it_is_so(
    region: str, caller: str | None, status: str | None, says: str, hint: str
) -> None:
    """Only if the credentials hold elsewhere; whoever may not ask for the status is told what is likely."""
    error = not_enabled(region, make=Account(caller, status).make)
    assert bool(error) == bool(says)
    if error:
        assert says in error.message
        assert error.hint.startswith(hint)


@pytest.mark.parametrize(
    ("region", "home"),
    [("us-gov-east-1", "us-gov-west-1"), ("cn-northwest-1", "cn-north-1"), ("me-south-1", "us-east-1")],
)
def test_each_partition_has_a_region_that_is_on(region: str, home: str) -> None:
    """Credentials of one partition hold in no other."""
    account = Account("1", "opted-in")
    not_enabled(region, make=account.make)
    assert account.asked == [("sts", home), ("ec2", home)]
