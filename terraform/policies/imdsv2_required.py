"""CKV_GPU_3: the metadata service answers tokens only, and only on the host itself.

CKV_AWS_79 does not look at spot requests, and no built-in check looks at the hop limit of an instance.
"""

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck


class Imdsv2Required(BaseResourceCheck):
    """Refuse an instance, template or spot request whose metadata_options do not require IMDSv2 in one hop."""

    def __init__(self) -> None:
        super().__init__(
            name="Instance metadata needs a token (IMDSv2) and does not leave the host (hop limit 1)",
            id="CKV_GPU_3",
            categories=[CheckCategories.GENERAL_SECURITY],
            supported_resources=["aws_instance", "aws_launch_template", "aws_spot_instance_request"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Judge metadata_options; without the block AWS's defaults count, and they are not known here."""
        blocks = [block for block in conf.get("metadata_options") or [] if isinstance(block, dict)]
        required = [first(block.get("http_tokens")) == "required" for block in blocks]
        one_hop = [str(first(block.get("http_put_response_hop_limit"))) == "1" for block in blocks]
        return CheckResult.PASSED if blocks and all(required + one_hop) else CheckResult.FAILED


def first(value: object) -> object:
    """Return what checkov has put into a list of one."""
    return value[0] if isinstance(value, list) and value else value


# checkov registers what is made.
check = Imdsv2Required()
