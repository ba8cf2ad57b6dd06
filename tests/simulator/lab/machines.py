"""Machines for tests that need no API."""

import dataclasses
from typing import Any

from gpuinfra.simulator.machine import Machine

ADDRESS = "127.0.0.1"
MACHINE = Machine(
    id="i-1",
    region="us-east-1",
    zone="us-east-1a",
    state="running",
    instance_type="t3.medium",
    image_id="ami-1",
    image_name="ubuntu",
    private_ip=ADDRESS,
    public_ip="54.214.0.1",
    mac="02:00:00:00:00:01",
    private_dns="ip-172-31-0-4.ec2.internal",
    public_dns="",
    interface_id="eni-1",
    subnet_id="subnet-1",
    subnet_cidr="172.31.0.0/20",
    vpc_id="vpc-1",
    user_data="",
    keys={"mine": "ssh-ed25519 AAAA"},
    starts=1,
)


def machine(**changes: Any) -> Machine:
    """Return a running machine at loopback, with changes."""
    return dataclasses.replace(MACHINE, **changes)
