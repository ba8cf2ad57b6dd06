"""What carries the tags of a stack at AWS, whoever's stack it is: values. Pure."""

from dataclasses import dataclass

from gpuinfra.ground.model import Tags

# The region of what has none: IAM and budgets are one list for the whole account.
GLOBAL = ""


@dataclass(frozen=True, kw_only=True)
class TaggedResource:
    """One thing, with all that its price depends on.

    kind: Terraform's type, or the name of the service for what gpuinfra never makes. state: AWS's word, empty
    where there is none. made_at: ISO 8601, UTC; of a host: when it was started last. goes_with: the id of the
    host that it is deleted with. made_for: of the host that it starts later. zones: where an endpoint stands.
    size_gb of an image: of its snapshots.
    """

    region: str
    kind: str
    resource_id: str
    tags: Tags
    state: str = ""
    made_at: str = ""
    goes_with: str = ""
    made_for: str = ""
    instance_type: str = ""
    availability_zone: str = ""
    is_spot: bool = False
    has_address: bool = False
    volume_type: str = ""
    size_gb: int = 0
    iops: int = 0
    throughput_mib_s: int = 0
    zones: int = 0

    @property
    def runs(self) -> bool:
        """Tell whether it is a host that costs as one."""
        return self.kind == "aws_instance" and self.state in ("pending", "running")


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one search found; unasked: the calls that AWS refused, by which more might be found."""

    things: tuple[TaggedResource, ...] = ()
    unasked: tuple[str, ...] = ()
