"""DescribeSpotPriceHistory: moto has one price of 2006 for everything, and knows no product and no zone."""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.responses import EC2Response

from gpuinfra.simulator.api import synthetic_prices as prices
from gpuinfra.simulator.api.state import SimulatorState

PRODUCT = "Linux/UNIX"


def apply(state: SimulatorState) -> None:
    """Answer the price in force in each zone, as AWS does for StartTime = now; SYNTHETIC."""

    def history(self: Any) -> ActionResult:
        products = self._get_param("ProductDescriptions", []) or [PRODUCT]
        filters = self._filters_from_querystring()
        zones = [z for z in (self._get_param("AvailabilityZone"), *filters.get("availability-zone", ())) if z]
        names = self._get_param("InstanceTypes", []) or filters.get("instance-type", [])
        rows = [
            {
                "InstanceType": name,
                "ProductDescription": PRODUCT,
                "SpotPrice": f"{state.spot_usd_h(name, zone):.6f}",
                "AvailabilityZone": zone,
                "Timestamp": utcnow().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            }
            for name, zone in prices.spot_pools(self.region, list(names))
            if not zones or zone in zones
        ]
        return ActionResult({"SpotPriceHistory": rows if PRODUCT in products else []})

    EC2Response.describe_spot_price_history = history
