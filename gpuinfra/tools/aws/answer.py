"""Whether AWS itself has answered: a captive portal or a proxy may, with HTTP 200 and a page of its own.

boto3 would take such a page for an empty list: a host that runs would be gone.
"""

import re
from collections.abc import Mapping
from typing import Any

from gpuinfra.tools.aws.error_codes import unreachable

# The first element of every answer in XML: DescribeInstancesResponse.
XML = re.compile(rb"\s*(<\?xml[^>]*>\s*)?<\w*Response[\s>]")
JSON = re.compile(rb"\s*(\{|$)")
TAGS = re.compile(r"<[^>]*(>|$)")
FIRST_WORDS = 80


def check(operation_model: Any, response_dict: Mapping[str, Any], **_: Any) -> None:
    """Refuse an answer that is none of AWS's, before boto3 reads it (its event "before-parse").

    Raises:
        CloudError: something else has answered.
    """
    body = response_dict["body"]
    form = JSON if "json" in operation_model.service_model.resolved_protocol else XML
    # From 500 on it may be a load balancer of AWS's own: boto3 asks again.
    if response_dict["status_code"] < 500 and not form.match(body):
        raise unreachable(f"something else answered {operation_model.name}: {first_words(body)!r}")


def first_words(body: bytes) -> str:
    """Return the first words of a page, without its tags."""
    text = TAGS.sub(" ", body[:2000].decode("utf-8", "replace"))
    return " ".join(text.split())[:FIRST_WORDS]
