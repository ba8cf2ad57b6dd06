"""DescribeRegions: without AllRegions what the account has switched on, and filters, which moto ignores.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.availability_zones_and_regions import AvailabilityZonesAndRegions

from gpuinfra.simulator.api.state import SimulatorState

ON = ("opt-in-not-required", "opted-in")
FILTERS = {"region-name": "name", "endpoint": "endpoint", "opt-in-status": "opt_in_status"}


def apply(state: SimulatorState) -> None:
    """Answer as EC2 does."""

    def describe_regions(self: Any) -> ActionResult:
        self.error_on_dryrun()
        names = self._get_param("RegionNames", [])
        found: list[Any] = self.ec2_backend.describe_regions(names)
        if not names and not self._get_bool_param("AllRegions"):
            found = [it for it in found if it.opt_in_status in ON]
        for name, wanted in self._filters_from_querystring().items():
            found = [it for it in found if getattr(it, FILTERS[name]) in wanted]
        return ActionResult({"Regions": found})

    AvailabilityZonesAndRegions.describe_regions = describe_regions
