"""What moto has no service for and tells what an account is like: its plan, its state, its agreements.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_freetier_GetAccountPlanState.html
https://docs.aws.amazon.com/accounts/latest/reference/API_GetAccountInformation.html
https://docs.aws.amazon.com/marketplace/latest/APIReference/API_marketplace-agreements_SearchAgreements.html
"""

import json
import re

from gpuinfra.simulator.api.account_settings import AccountSettings
from gpuinfra.simulator.api.aws_protocol import ApiAnswer, AwsRequest

ACCOUNT_ID = "123456789012"
PRODUCT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
JSON = (("Content-Type", "application/json"),)
AGREEMENT = {"agreementId": "agmt-1", "agreementType": "PurchaseAgreement", "status": "ACTIVE"}
SERVICES = ("freetier", "account", "aws-marketplace")


def knows(request: AwsRequest) -> bool:
    """Tell whether a call is for one of these services."""
    return request.service in SERVICES


def answer(account: AccountSettings, request: AwsRequest) -> ApiAnswer:
    """Answer a call."""
    if request.action == "GetAccountPlanState":
        return _json(
            {"accountId": ACCOUNT_ID, "accountPlanType": account.plan, "accountPlanStatus": "ACTIVE"}
        )
    if request.action == "GetAccountInformation":
        state = "ACTIVE" if account.verified else "PENDING_ACTIVATION"
        return _json({"AccountId": ACCOUNT_ID, "AccountName": "simulated", "AccountState": state})
    if request.action == "SearchAgreements":
        product = PRODUCT.search(request.raw)
        made = [AGREEMENT] if product and account.has_accepted(product.group()) else []
        return _json({"agreementViewSummaries": made})
    raise NotImplementedError(request.action)


def _json(body: dict[str, object]) -> ApiAnswer:
    return ApiAnswer(status=200, headers=JSON, body=json.dumps(body).encode())
