"""Regions that an account has not switched on: DescribeRegions names them only if it is asked for all."""

from typing import Any

from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

from gpuinfra.simulator.api.state import SimulatorState

ON = ("opt-in-not-required", "opted-in")


def apply(state: SimulatorState) -> None:
    """Answer as EC2 does: without AllRegions only what is on."""
    describe_of_moto = RegionsAndZonesBackend.describe_regions

    def describe(self: Any, region_names: list[str] | None = None) -> list[Any]:
        found: list[Any] = describe_of_moto(self, region_names)
        return found if region_names else [it for it in found if it.opt_in_status in ON]

    RegionsAndZonesBackend.describe_regions = describe
