"""What Terraform's resources are called towards the user. Pure."""

import re
from collections import Counter
from collections.abc import Sequence

# What our addresses in Terraform begin with; states from before modules/host was one module lack it.
HOST = "module.host."
INSTANCE = f"{HOST}module.instance.aws_instance.this"
# What the host was made from: kind, id and name of its image.
IMAGE_NOTE = f"{HOST}module.instance.terraform_data.image"
SECURITY_GROUP = f'{HOST}module.security_group["own"]'
KEY_PAIR = f'{HOST}module.key_pair["own"].aws_key_pair.this'

# The key of what there is one of, or none.
ONLY = "own"

NAMES = {
    "aws_instance": "host (EC2 instance)",
    "aws_ebs_volume": "disk (EBS volume)",
    "aws_nat_gateway": "NAT gateway",
    "aws_vpc_endpoint": "endpoint of AWS",
    "aws_security_group": "security group",
    "aws_vpc_security_group_ingress_rule": "ingress rule",
    "aws_vpc_security_group_egress_rule": "egress rule",
    "aws_key_pair": "key pair",
    "aws_iam_role": "role of the host",
    "aws_iam_role_policy_attachment": "policy of AWS on the role",
    "aws_iam_role_policy": "policy of the role",
    "aws_iam_instance_profile": "instance profile",
    "aws_vpc": "private network (VPC)",
    "aws_default_security_group": "default security group, emptied",
    "aws_subnet": "subnet",
    "aws_route_table": "route table",
    "aws_route_table_association": "routes of a subnet",
    "aws_route": "route",
    "aws_internet_gateway": "internet gateway",
    "aws_eip": "public address (Elastic IP)",
    "aws_eip_association": "tie of that address to the host",
    "aws_budgets_budget": "budget (mails)",
    "aws_ebs_snapshot": "snapshot of a disk",
    "aws_ami": "image (AMI and its snapshots)",
    "aws_network_interface": "network interface",
    "aws_launch_template": "launch template",
    "aws_spot_instance_request": "spot request",
    "aws_scheduler_schedule_group": "lease (schedules of AWS)",
    "aws_sfn_state_machine": "start that waits for capacity (state machine)",
    "aws_scheduler_schedule": "stage of the lease",
    "aws_iam_role.lease": "role of the lease",
    "aws_iam_role_policy.lease": "policy of that role",
}


def label(address: str) -> str:
    """Return a resource address in plain words, its key included."""
    key = re.search(r'\["?([^"\]]+)"?\]$', address)
    name = kind(address)
    return f"{name} {key.group(1)}" if key and key.group(1) != ONLY and name != address else name


def kind(address: str) -> str:
    """Return what sort of thing an address is, in plain words."""
    found = re.search(r"(aws_\w+)\.\w+", address)
    if found is None:
        return address
    return NAMES.get(found[0]) or NAMES.get(found[1], found[1])


def listed(addresses: Sequence[str]) -> str:
    """Return resources in one line, many of a kind as their number."""
    kinds = Counter(map(kind, addresses))
    first = {kind(a): label(a) for a in reversed(addresses)}
    return ", ".join(first[name] if n == 1 else f"{n} x {name}" for name, n in kinds.items())
