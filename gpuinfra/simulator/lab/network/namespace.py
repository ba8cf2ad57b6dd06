"""The lab's network: one bridge without any way out; what reaches a host, and what vanishes."""

import subprocess
from collections.abc import Callable, Sequence

BRIDGE = "br0"
# RFC 5737: a documentation address, never routed; here it is the internet, as far as there is one
GATEWAY = "198.51.100.1"
# where AWS has them too
IMDS_ADDRESS = "169.254.169.254"
DNS_ADDRESS = "169.254.169.253"

_LINKS = f"""\
link set lo up
link add {BRIDGE} type bridge
addr add {GATEWAY}/32 dev {BRIDGE}
addr add {IMDS_ADDRESS}/32 dev {BRIDGE}
addr add {DNS_ADDRESS}/32 dev {BRIDGE}
link set {BRIDGE} up
"""
_SETTINGS = ("net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.all.send_redirects=0")
_TABLE = """\
table inet lab {
  set gone { type ipv4_addr; }
  chain output { type filter hook output priority 0; ip daddr @gone drop; }
  chain forward { type filter hook forward priority 0; ip daddr @gone drop; }
}
"""

Run = Callable[[Sequence[str], str], object]


def run(command: Sequence[str], stdin: str = "") -> None:
    """Run a command of the system; its words are in the error."""
    subprocess.run(command, input=stdin, text=True, check=True, capture_output=True)


def set_up(run: Run = run) -> None:
    """Make the bridge; to be run in a network namespace of its own."""
    run(["ip", "-batch", "-"], _LINKS)
    run(["sysctl", "-q", "-w", *_SETTINGS], "")
    run(["nft", "-f", "-"], _TABLE)


def reveal(private_ip: str, public_ip: str, run: Run = run) -> None:
    """Let packets pass to a host that is about to boot."""
    # another host, with another MAC, may have had this address a moment ago
    routes = [f"neigh flush to {private_ip} dev {BRIDGE}"]
    # host routes, not subnets: whatever address the API gives out is on the wire, no NAT is needed
    routes += [f"route replace {private_ip}/32 dev {BRIDGE} src {GATEWAY}"]
    if public_ip:
        routes.append(f"route replace {public_ip}/32 via {private_ip} dev {BRIDGE} src {GATEWAY} onlink")
    run(["ip", "-batch", "-"], "\n".join(routes) + "\n")
    # add before delete: the element need not be there
    listed = _listed(private_ip, public_ip)
    run(["nft", "-f", "-"], f"add element {listed}\ndelete element {listed}\n")


def hide(private_ip: str, public_ip: str, run: Run = run) -> None:
    """Let packets to a host that is off vanish, as on EC2; without this they would be refused."""
    run(["nft", "-f", "-"], f"add element {_listed(private_ip, public_ip)}\n")


def _listed(*addresses: str) -> str:
    return f"inet lab gone {{ {', '.join(filter(None, addresses))} }}"
