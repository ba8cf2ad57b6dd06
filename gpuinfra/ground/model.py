"""The nouns of gpuinfra as frozen dataclasses, over 200 lines of them: pure values, no input or output."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.pool import Pool, markets_of


@dataclass(frozen=True, kw_only=True)
class Host:
    """One host as Terraform recorded it; the fields equal the outputs of the root module."""

    stack: str
    owner: str
    region: str
    instance_id: str
    instance_type: str
    gpu_count: int
    image: str
    ami_id: str
    ami_name: str
    availability_zone: str
    market: str = "on-demand"
    access: str = "ssh"  # what a state says that was made before there was a choice
    public_ip: str
    private_ip: str
    ssh_user: str
    key_name: str
    private_key_path: str
    security_group_id: str = ""  # none: those of security_group_ids are others'
    security_group_ids: tuple[str, ...] = ()
    allowed_cidrs: tuple[str, ...]
    root_volume_id: str
    root_volume_size_gb: int

    @property
    def place(self) -> Pool:
        """Return where it was found."""
        return Pool(instance_type=self.instance_type, market=self.market, zone=self.availability_zone)

    @property
    def is_private(self) -> bool:
        """Tell whether nobody is let in: Session Manager carries ssh; an address is the way out only."""
        return self.access == "ssm"

    @property
    def image_name(self) -> str:
        """Return the name of its image for people: AWS Marketplace ends names with a product's UUID."""
        name, tail = self.ami_name[:-37], self.ami_name[-37:]
        is_id = tail[:1] == "-" and tail.count("-") == 5 and not set(tail) - set("0123456789abcdef-")
        return name if name and is_id else self.ami_name

    @property
    def address(self) -> str:
        """Return what ssh calls it by: its public IP, or its instance id where it is private."""
        return self.instance_id if self.is_private else self.public_ip


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An EC2 instance as AWS describes it now; `launched` and `since` are ISO 8601 times in UTC.

    since: when it got into its state, empty where AWS does not say; reason: why it does not run, in AWS's
    words. volume_ids: what is deleted with it; other_...: what somebody attached, and what stays.
    market: on-demand, spot or capacity-block. made: when it got its disk; `launched` is its last start.
    reservation_id: the capacity reservation that it was launched for. block_ends: when its Capacity Block
    ends, as the host was told by its tag.
    """

    instance_id: str
    state: str
    instance_type: str
    public_ip: str = ""
    launched: str = ""
    since: str = ""
    reason: str = ""
    security_group_ids: tuple[str, ...] = ()
    availability_zone: str = ""
    architecture: str = ""
    ami_id: str = ""
    volume_ids: tuple[str, ...] = ()
    other_volume_ids: tuple[str, ...] = ()
    other_interface_ids: tuple[str, ...] = ()
    market: str = "on-demand"
    made: str = ""
    reservation_id: str = ""
    block_ends: str = ""
    spot_request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class HostDetails:
    """What AWS says now of the parts of a host."""

    gpu_count: int
    root_volume_size_gb: int
    ssh_from: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FirewallRule:
    """One rule of a security group; `peer`: a CIDR, a group or a prefix list; `way`: ingress or egress."""

    rule_id: str
    group_id: str
    way: str
    protocol: str
    first_port: int
    last_port: int
    peer: str

    @property
    def text(self) -> str:
        """Return it in words."""
        single = self.first_port == self.last_port
        ports = f"port {self.first_port}" if single else f"ports {self.first_port} to {self.last_port}"
        what = "everything" if self.protocol == "-1" else f"{self.protocol} {ports}"
        return f"{what} {'from' if self.way == 'ingress' else 'to'} {self.peer}"


@dataclass(frozen=True, kw_only=True)
class TypeFacts:
    """An instance type as EC2 sells it: zones are those of the region that offer it."""

    architectures: tuple[str, ...]
    gpu_count: int
    zones: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ScheduleStart:
    """When a schedule of AWS begins, and the time now by AWS's clock; both in seconds since 1970."""

    begins: float
    now: float


@dataclass(frozen=True, kw_only=True)
class Tags:
    """What marks a resource as one of this stack's; see `default_tags` in terraform/providers.tf."""

    project: str
    stack: str
    owner: str

    def as_dict(self) -> dict[str, str]:
        """Return the tags as they stand on the resources."""
        return {
            "gpuinfra:project": self.project,
            "gpuinfra:stack": self.stack,
            "gpuinfra:owner": self.owner,
        }

    def of_any_owner(self) -> dict[str, str]:
        """Return the tags without the owner's."""
        return {key: value for key, value in self.as_dict().items() if key != "gpuinfra:owner"}


@dataclass(frozen=True, kw_only=True)
class CloudResource:
    """Something at AWS that carries the tags of a stack.

    kind: Terraform's type. resource_id: as in its state. owner: who its tags say. part_of: the VPC or the
    group that it lies in. used_by: a living host that needs it, in words.
    """

    kind: str
    resource_id: str
    owner: str = ""
    part_of: str = ""
    used_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Something that a living host stands on, or the host itself.

    kind: Terraform's type. import_id: what `terraform import` takes. values: arguments that tell it from
    others of its kind. part_of: the group, or the subnet, that it belongs to.
    """

    kind: str
    import_id: str
    part_of: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """What was found at AWS of a stack; unasked: the calls that AWS refused, by which more would be found."""

    found: tuple[CloudResource, ...] = ()
    unasked: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What gpuinfra itself needs to know from terraform.tfvars before Terraform runs.

    instance_type: the one that Terraform takes: of the recorded pool, else the first of instance_types.
    """

    stack: str
    owner: str
    region: str
    instance_type: str
    image: str
    root_volume_size_gb: int
    allowed_cidrs: tuple[str, ...]
    installer: str
    project: str
    access: str = "ssh"
    security_group_ids: tuple[str, ...] = ()
    instance_profile: str = ""
    permissions_boundary_arn: str = ""
    key_name: str = ""
    ami_id: str = ""
    subnet_id: str | None = None
    max_usd: float | None = None
    max_hours: float | None = None
    stopped_days: float | None = None
    root_volume_iops: int | None = 3000  # None: an expression, which Terraform alone evaluates
    root_volume_throughput_mib_s: int | None = 125
    instance_types: tuple[str, ...] = ()  # in order, as asked for; empty: instance_type alone
    market: str = "on-demand"  # or spot, or spot-then-on-demand
    max_price: float | None = None  # of a spot host, USD an hour; None: up to the on-demand price
    zones: tuple[str, ...] = ()  # in order, availability_zone too; empty: EC2 chooses
    availability_zone: str = ""
    pool: Pool | None = None  # where the host was found; None: not recorded
    capacity_reservation_id: str = ""  # or that of a Capacity Block; empty: none

    @property
    def tags(self) -> Tags:
        """Return the tags that Terraform puts on everything of this stack."""
        return Tags(project=self.project, stack=self.stack, owner=self.owner)

    @property
    def types(self) -> tuple[str, ...]:
        """Return the instance types that the host may have, in the order in which they are asked for."""
        return self.instance_types or (self.instance_type,)

    @property
    def place(self) -> Pool:
        """Return where the host was found, else where it would be asked for first."""
        market = markets_of(self.market)[0]
        zone = self.zones[0] if self.zones else ""
        return self.pool or Pool(instance_type=self.instance_type, market=market, zone=zone)

    def allows(self, pool: Pool) -> bool:
        """Tell whether a pool is still one that these settings ask for; without zones, any zone is."""
        return (
            pool.instance_type in self.types
            and pool.market in markets_of(self.market)
            and (not self.zones or pool.zone in self.zones)
        )


# What stands for a value that is known only once its neighbour has been made.
UNKNOWN = "(known after apply)"


@dataclass(frozen=True, kw_only=True)
class AttributeChange:
    """One argument of a resource that an apply would change, as text; in a block: "block.argument".

    drifted: somebody changed it outside of Terraform.
    """

    name: str
    before: str
    after: str
    forces_replacement: bool = False
    drifted: bool = False


@dataclass(frozen=True, kw_only=True)
class Change:
    """What an apply would do to one resource; action: create, update, replace or delete.

    reason: Terraform's word for why, such as replace_because_tainted.
    """

    address: str
    action: str
    reason: str = ""
    attributes: tuple[AttributeChange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """One error or warning of Terraform; `where` is file:line when it names one."""

    severity: str
    summary: str
    detail: str = ""
    address: str = ""
    where: str = ""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One step of a running apply; phase: start, busy, done, failed or plan."""

    phase: str
    address: str
    action: str = ""
    resource_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run of Terraform ended: counts of resources, diagnostics, and whether Ctrl-C ended it.

    unsaved_state: the state as Terraform printed it when it could not write it anywhere.
    credentials_ended: why those of the caller could not be renewed while it ran, if so.
    """

    ok: bool
    interrupted: bool = False
    added: int = 0
    changed: int = 0
    destroyed: int = 0
    diagnostics: tuple[Diagnostic, ...] = ()
    changes: tuple[Change, ...] = ()
    outputs_changed: bool = False
    raw_tail: str = ""
    unsaved_state: str = ""
    credentials_ended: GpuInfraError | None = None

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """Return the diagnostics that made nothing fail."""
        return tuple(d for d in self.diagnostics if d.severity == "warning")

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Return the diagnostics that made the run fail."""
        return tuple(d for d in self.diagnostics if d.severity == "error")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a state file holds: resource addresses with their ids, and the host if it is whole.

    public_key: the key of the host's key pair, as type and key. region, tags: of what was made; empty,
    None where no resource says it. is_older: the run that came after it was killed while it wrote its own.
    disk_...: of the host's root disk.
    """

    resources: dict[str, str] = field(default_factory=dict)
    public_key: str = ""
    outputs: dict[str, object] = field(default_factory=dict)
    host: Host | None = None
    region: str = ""
    tags: Tags | None = None
    is_older: bool = False
    disk_iops: int = 3000
    disk_throughput_mib_s: int = 125

    @property
    def settings(self) -> Settings | None:
        """Return what was made, whatever terraform.tfvars says by now; None where no resource tells."""
        if not (self.region and self.tags):
            return None
        host = self.host
        return Settings(
            stack=self.tags.stack,
            owner=self.tags.owner,
            project=self.tags.project,
            region=self.region,
            instance_type=host.instance_type if host else "",
            image=host.image if host else "",
            root_volume_size_gb=host.root_volume_size_gb if host else 0,
            allowed_cidrs=host.allowed_cidrs if host else (),
            installer="",
            access=host.access if host else "",
        )

    def ids_of(self, resource_type: str) -> set[str]:
        """Return the ids of all recorded resources of one Terraform type."""
        return {i for a, i in self.resources.items() if f".{resource_type}." in f".{a}"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a live view that may change.

    mark: now, done, failed, interrupted or later; since: when it began, by the world's clock (seconds).
    """

    mark: str
    text: str
    since: float | None = None
