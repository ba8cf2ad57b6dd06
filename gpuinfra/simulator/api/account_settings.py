"""What the simulated account is like: its plan, its terms, what it allows; set by a test, read by patches."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from email.utils import formatdate
from typing import Any, Self

from gpuinfra.simulator.api.aws_protocol import ApiAnswer, AwsRequest, error_answer

# AWS takes no request whose time is further off.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
MOST_SKEW_S = 300.0


@dataclass(frozen=True, kw_only=True)
class AccountSettings:
    """An account that may do all, until something else is set.

    plan: FREE or PAID. allowed_amis: the owners (amazon, aws-marketplace, account ids) that Allowed AMIs
    names, None: it is off. marketplace: the products whose terms were accepted, None: all. deny: the actions,
    as patterns, that SimulatePrincipalPolicy calls denied. clock_skew_s: AWS's clock is so much ahead.
    """

    plan: str = "PAID"
    verified: bool = True
    allowed_amis: tuple[str, ...] | None = None
    marketplace: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()
    clock_skew_s: float = 0.0

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Return the settings; what is not named is as in a sound account."""
        if unknown := raw.keys() - {field.name for field in fields(cls)}:
            raise KeyError(f"no such setting of an account: {', '.join(sorted(unknown))}")
        given: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in raw.items()}
        return cls(**given)

    def hides(self, owner_id: str, owner_alias: str) -> bool:
        """Tell whether Allowed AMIs hides the images of an owner."""
        return self.allowed_amis is not None and not {owner_id, owner_alias} & set(self.allowed_amis)

    def has_accepted(self, product: str) -> bool:
        """Tell whether the terms of a Marketplace product are accepted."""
        return self.marketplace is None or product in self.marketplace

    def date(self) -> str:
        """Return what AWS's clock shows, as the Date header of an answer has it."""
        return formatdate(time.time() + self.clock_skew_s, usegmt=True)

    def refusal(self, request: AwsRequest) -> ApiAnswer | None:
        """Return what AWS says to a caller whose clock is minutes off."""
        if abs(self.clock_skew_s) <= MOST_SKEW_S:
            return None
        if request.service == "ec2":
            text = "AWS was not able to validate the provided access credentials"
            return error_answer(request, status=401, code="AuthFailure", message=text)
        way = "earlier" if self.clock_skew_s > 0 else "later"
        code = "SignatureDoesNotMatch" if request.is_query else "InvalidSignatureException"
        text = f"Signature expired: the time of the request is now {way} than AWS takes (5 min.)"
        return error_answer(request, status=403, code=code, message=text)
