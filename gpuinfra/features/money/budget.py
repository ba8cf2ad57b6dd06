"""What is to be known of a budget at AWS when it is made: it counts by a tag, and late. Pure."""

from collections.abc import Sequence

from gpuinfra.ground.model import Change

BUDGET = ".aws_budgets_budget."
# A tag counts only once the account that pays has activated it, and not for the past.
# https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html
ACTIVATE = (
    "aws ce update-cost-allocation-tags-status"
    " --cost-allocation-tags-status TagKey=gpuinfra:stack,Status=Active"
)


def lines(changes: Sequence[Change]) -> list[str]:
    """Return what to say once an apply has made a budget; nothing without one."""
    if not any(BUDGET in change.address and change.action == "create" for change in changes):
        return []
    return [
        "budget: it reads 0 until the account that pays counts by the tag gpuinfra:stack, and AWS counts"
        f" hours late: a mail, no cap. Once, within a day of the first host: {ACTIVATE}"
    ]
