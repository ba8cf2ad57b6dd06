"""What a lab must know of an instance to run its host; pure data, sent by the control calls."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class FakeGpus:
    """One kind of GPU in an instance type."""

    name: str
    count: int
    memory_mib: int


@dataclass(frozen=True, kw_only=True)
class Opening:
    """TCP ports that a security group lets a range of IPv4 addresses reach."""

    first_port: int
    last_port: int
    source: str


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One instance, as the API has it now.

    state: `running` (a while shown as pending by the API), `stopped`, `terminated`.
    user_data: base64, as it was sent; empty when none was.
    keys: name of the key pair -> public key; at most one.
    starts, reboots: how often it was launched or started, and rebooted, by the API.
    tags: its tags as of now; None when its metadata options do not let it read them.
    openings: what its security groups let in.
    power_cut: it was stopped without its system being asked (SkipOsShutdown), or EC2 took it without notice.
    started: when it was launched or started last, as EC2 writes times.
    notices: what its metadata tells of its end: spot-action, rebalance.
    metadata_silent: its metadata service does not answer.
    """

    id: str
    region: str
    zone: str
    state: str
    instance_type: str
    image_id: str
    image_name: str
    private_ip: str
    public_ip: str
    mac: str
    private_dns: str
    public_dns: str
    interface_id: str
    subnet_id: str
    subnet_cidr: str
    vpc_id: str
    user_data: str
    keys: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None
    role: str = ""
    spot: bool = False
    http_tokens: str = "required"
    http_endpoint: str = "enabled"
    shutdown_behavior: str = "stop"
    gpu: FakeGpus | None = None
    starts: int = 0
    started: str = ""
    reboots: int = 0
    openings: tuple[Opening, ...] = ()
    power_cut: bool = False
    notices: Mapping[str, Any] = field(default_factory=dict)
    metadata_silent: bool = False

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Build from decoded JSON."""
        gpu = FakeGpus(**raw["gpu"]) if raw["gpu"] else None
        openings = tuple(Opening(**it) for it in raw["openings"])
        return cls(**{**raw, "gpu": gpu, "openings": openings})

    def to_json(self) -> dict[str, Any]:
        """Return what from_json reads."""
        return dataclasses.asdict(self)
