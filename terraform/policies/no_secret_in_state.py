"""CKV_GPU_2: no secret is made by Terraform, for it would lie in the state and in every plan in clear."""

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck


class NoSecretInState(BaseResourceCheck):
    """Refuse the resources that generate a secret."""

    def __init__(self) -> None:
        super().__init__(
            name="No private key, password or access key is made by Terraform: it would lie in the state",
            id="CKV_GPU_2",
            categories=[CheckCategories.SECRETS],
            supported_resources=[
                "aws_iam_access_key",
                "random_password",
                "tls_private_key",
                "tls_self_signed_cert",
            ],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Refuse it, whatever its arguments."""
        return CheckResult.FAILED


# checkov registers what is made.
check = NoSecretInState()
