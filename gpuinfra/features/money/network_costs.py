"""What a network or a fixed address costs, as far as it is known without asking AWS, and what it lacks. Pure.

List prices of us-east-1 in USD, as AWS's pages were quoted between June and September 2026 (nobody could
look at the pages themselves); other regions cost up to twice as much.
https://aws.amazon.com/vpc/pricing/ and https://aws.amazon.com/privatelink/pricing/
"""

from collections.abc import Sequence

from gpuinfra.ground.model import Change

# With the public IPv4 address that it needs: 0.045 + 0.005.
NAT_USD_H, NAT_USD_GB = 0.050, 0.045
ENDPOINT_USD_H, ENDPOINT_USD_GB = 0.010, 0.010
ADDRESS_USD_H = 0.005
HOURS_A_MONTH = 730
FIXED_ADDRESS = '.aws_eip.this["own"]'
MADE = ("create", "replace")
NO_INTERNET = (
    "  without a way to the internet: the host can install nothing from conda's channels or pip;"
    ' private_network = "nat" leads there'
)


def lines(changes: Sequence[Change]) -> list[str]:
    """Return what the network in a plan will cost, a line or two for each kind; nothing without any."""
    made = [c.address for c in changes if c.action in MADE]
    nat = sum(".aws_nat_gateway." in address for address in made)
    endpoints = sum(".aws_vpc_endpoint.interface" in address for address in made)
    found = []
    if any(address.endswith(FIXED_ADDRESS) for address in made):
        found.append(
            f"  fixed public address: about {ADDRESS_USD_H:.3f} USD an hour"
            f" ({ADDRESS_USD_H * HOURS_A_MONTH:.0f} USD a month), also while the host is stopped; any other"
            " public address costs that while the host runs"
        )
    if nat:
        found.append(_line("NAT gateway and its address", NAT_USD_H * nat, NAT_USD_GB))
    if endpoints:
        found.append(_line(f"{endpoints} interface endpoints", ENDPOINT_USD_H * endpoints, ENDPOINT_USD_GB))
        found.append(NO_INTERNET)
    return found


def _line(name: str, usd_h: float, usd_gb: float) -> str:
    return (
        f"  {name}: about {usd_h:.3f} USD an hour ({usd_h * HOURS_A_MONTH:.0f} USD a month), also while the"
        f" host is stopped, and {usd_gb:.3f} USD a GB (list price of us-east-1 in 2026; other regions differ)"
    )
