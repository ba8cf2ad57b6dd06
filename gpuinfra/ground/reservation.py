"""A capacity reservation, a Capacity Block included, as AWS describes it, and when its hosts end. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# EC2 begins to terminate what runs in a Capacity Block 30 minutes before the block's end.
# https://docs.aws.amazon.com/autoscaling/ec2/userguide/launch-template-capacity-blocks.html
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-blocks-monitor.html
EC2_ENDS = timedelta(minutes=30)
# The host runs on_stop and the saves so long before that: gpuinfra/host/guard/block_end.py has the same.
SAVES = timedelta(minutes=5)
# The tag by which the host is told; terraform/providers.tf leaves it alone.
TAG = "gpuinfra:block-ends"
FORMAT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """A capacity reservation of the account's, or shared with it.

    state: as EC2 names it, such as active. free: how many more hosts fit. begins, ends: None where AWS says
    none. is_block: it is a Capacity Block.
    """

    reservation_id: str
    state: str
    instance_type: str
    zone: str
    platform: str
    tenancy: str
    is_block: bool
    free: int
    begins: datetime | None = None
    ends: datetime | None = None

    @property
    def ec2_ends(self) -> datetime | None:
        """Return when EC2 begins to terminate its hosts; None: it never does."""
        return self.ends - EC2_ENDS if self.is_block and self.ends else None

    @property
    def saves(self) -> datetime | None:
        """Return when a host in it runs on_stop and the saves; None: it need not."""
        return self.ec2_ends - SAVES if self.ec2_ends else None


def iso(time: datetime | None) -> str:
    """Return a time as ISO 8601 in UTC; empty for none."""
    return time.astimezone(UTC).strftime(FORMAT) if time else ""
