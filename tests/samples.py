"""Sample data that several tests share."""

import json
from typing import Any

from gpuinfra.ground.model import Diagnostic, Host

OUTPUTS: dict[str, object] = {
    "stack": "default",
    "owner": "tester",
    "region": "us-east-1",
    "instance_id": "i-0123456789abcdef0",
    "instance_type": "g4dn.xlarge",
    "gpu_count": 1,
    "image": "nvidia",
    "ami_id": "ami-0a1b2c3d4e5f60002",
    "ami_name": "NVIDIA GPU Cloud VMI Base 2026.4.1",
    "availability_zone": "us-east-1a",
    "access": "ssh",
    "public_ip": "52.1.2.3",
    "private_ip": "10.0.0.4",
    "ssh_user": "ubuntu",
    "key_name": "gpuinfra-default",
    "private_key_path": "/home/me/.local/state/gpuinfra/keys/id_ed25519",
    "security_group_id": "sg-0123456789abcdef0",
    "security_group_ids": ["sg-0123456789abcdef0"],
    "allowed_cidrs": ["52.94.76.10/32"],
    "root_volume_id": "vol-0123456789abcdef0",
    "root_volume_size_gb": 128,
}
STATE = json.dumps(
    {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 12,
        "lineage": "0b6f6a5e-0000-4000-8000-000000000000",
        "outputs": {name: {"value": value, "type": "string"} for name, value in OUTPUTS.items()},
        "resources": [
            {
                "module": "module.host.module.instance",
                "mode": "managed",
                "type": "aws_instance",
                "name": "this",
                "instances": [{"attributes": {"id": OUTPUTS["instance_id"]}}],
            },
            {
                "module": "module.host.module.instance",
                "mode": "managed",
                "type": "aws_iam_role",
                "name": "this",
                "instances": [{"index_key": "own", "attributes": {"id": "gpuinfra-default"}}],
            },
            {
                "module": 'module.host.module.security_group["own"]',
                "mode": "managed",
                "type": "aws_security_group",
                "name": "this",
                "instances": [{"attributes": {"id": OUTPUTS["security_group_id"]}}],
            },
        ],
    }
)


def host(**changes: Any) -> Host:
    """Return the host of the sample state, with changes."""
    lists = {name: tuple(it) for name, it in OUTPUTS.items() if isinstance(it, list)}
    values: dict[str, Any] = {**OUTPUTS, **lists, **changes}
    return Host(**values)


def refusal(code: str) -> Diagnostic:
    """Return Terraform's words for a refusal of AWS."""
    text = f"operation error EC2: RunInstances, https response error, api error {code}: Not today."
    return Diagnostic(severity="error", summary="creating EC2 Instance", detail=text)
