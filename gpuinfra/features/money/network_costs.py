"""What a private host's way out, or a fixed address, costs: as far as it is known without asking AWS. Pure.

List prices of us-east-1 in USD, as AWS's pages were quoted between June and September 2026 (nobody could
look at the pages themselves); other regions cost up to twice as much.
https://aws.amazon.com/vpc/pricing/
"""

from collections.abc import Sequence

from gpuinfra.ground.model import Change, Settings

ADDRESS_USD_H = 0.005
# With the public IPv4 address that it needs: 0.045 + 0.005.
NAT_USD_H, NAT_USD_GB = 0.050, 0.045
HOURS_A_MONTH = 730
FIXED_ADDRESS = '.aws_eip.this["own"]'
MADE = ("create", "replace")
LIST_PRICE = "(list price of us-east-1 in 2026; other regions differ)"


def lines(changes: Sequence[Change], settings: Settings) -> list[str]:
    """Return what the network of a private host in a plan will cost; nothing without any."""
    made = [c.address for c in changes if c.action in MADE]
    found = []
    if any(address.endswith(FIXED_ADDRESS) for address in made):
        found.append(
            f"  fixed public address: about {_price(ADDRESS_USD_H)}, also while the host is stopped; any"
            " other public address costs that while the host runs"
        )
    return [*found, *_private(made, settings)]


def _private(made: Sequence[str], settings: Settings) -> list[str]:
    if nat := sum(".aws_nat_gateway." in address for address in made):
        price = (
            f"about {_price(NAT_USD_H * nat)}, also while the host is stopped, and {NAT_USD_GB:.3f} USD a GB"
        )
        without = "private_network = null makes a host without it"
        return [f"  NAT gateway and its address: {price} {LIST_PRICE}; {without}"]
    is_private = settings.access == "ssm" and not settings.subnet_id
    if is_private and any(".aws_instance." in address for address in made):
        price = f"about {_price(ADDRESS_USD_H)}, while the host runs"
        return [f"  public address, the way out only: {price} {LIST_PRICE}"]
    return []


def _price(usd_h: float) -> str:
    return f"{usd_h:.3f} USD an hour ({usd_h * HOURS_A_MONTH:.0f} USD a month)"
