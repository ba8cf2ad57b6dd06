"""AWS-managed IAM policies: the few that a host may want, where moto would make 1,582 in each partition."""

import json
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

from gpuinfra.simulator.api.state import SimulatorState


@cache
def _published() -> dict[str, Any]:
    """Parse moto's copy of all that AWS publishes, once: it takes 0.2 s."""
    return dict(json.loads(aws_managed_policies_data))


def apply(state: SimulatorState) -> None:
    """Give every account the seeded policies."""

    def init(self: Any) -> list[Any]:
        return [
            AWSManagedPolicy.from_data(name, self.account_id, self.region_name, _published()[name])
            for name in state.seed.managed_policies
        ]

    IAMBackend._init_aws_policies = init
