"""What a stack's terraform.tfvars chooses, as far as it decides what AWS must allow. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gpuinfra.ground.model import Settings

# IAM takes name prefixes of at most 38 characters (terraform/modules/host/modules/instance/iam.tf).
IAM_PREFIX = 37
BURSTABLE = re.compile(r"t[234]")
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A stack, and the options of rights.py that hold for it."""

    settings: Settings
    values: Mapping[str, object]  # of terraform.tfvars, as they are written; expressions count as said

    @property
    def options(self) -> frozenset[str]:
        """Return the names of the options."""
        it, has = self.settings, self._says
        own_network = it.access == "ssm" and not it.subnet_id and has("private_network")
        found = {
            "own_key": not it.key_name,
            "given_key": bool(it.key_name),
            "own_group": not it.security_group_ids,
            "given_groups": bool(it.security_group_ids),
            "own_role": not it.instance_profile,
            "given_profile": bool(it.instance_profile),
            "own_network": own_network,
            "ssm": it.access == "ssm",
            "aws_nvidia": it.image == "aws-nvidia" and not it.ami_id,
            "elastic_ip": has("elastic_ip"),
            "lease": it.max_usd is not None or it.max_hours is not None,
            "budget": has("budget_usd"),
            "kms": has("kms_key_id"),
            "reservation": has("capacity_reservation_id"),
            "spot": it.market != "on-demand",
            "burstable": any(BURSTABLE.match(one) for one in self.types),
        }
        return frozenset(name for name, holds in found.items() if holds)

    @property
    def types(self) -> tuple[str, ...]:
        """Return the instance types that the host may have."""
        return self.settings.types

    @property
    def places(self) -> dict[str, str]:
        """Return what stands for the names in braces of rights.py."""
        it = self.settings
        starts = (partition for start, partition in PARTITIONS.items() if it.region.startswith(start))
        arn, name = f"arn:{next(starts, 'aws')}", f"gpuinfra-{it.stack}"
        return {
            "arn": arn,
            "region": it.region,
            "name": name,
            "prefix": f"{name[:IAM_PREFIX]}-",
            "key": it.key_name,
            "kms": str(self.values.get("kms_key_id")),
            "ec2": f"{arn}:ec2:{it.region}:*:",
            "image": f"{arn}:ec2:{it.region}::",
            "iam": f"{arn}:iam::*:",
            "ssm": f"{arn}:ssm:{it.region}::",
            "sessions": f"{arn}:ssm:{it.region}:*:session/",
            "scheduler": f"{arn}:scheduler:{it.region}:*:",
            "quotas": f"{arn}:servicequotas:{it.region}:*:",
            "states": f"{arn}:states:{it.region}:*:",
            "budgets": f"{arn}:budgets::*:",
        }

    def _says(self, name: str) -> bool:
        return self.values.get(name) not in (None, False, "")
