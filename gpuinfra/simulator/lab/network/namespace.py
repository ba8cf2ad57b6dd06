"""The lab's network: one bridge without any way out; what reaches a host, and what vanishes."""

import subprocess
from collections.abc import Callable, Iterable, Sequence

from gpuinfra.simulator.api.state import CALLER_IP
from gpuinfra.simulator.machine import Machine

BRIDGE = "br0"
# RFC 5737: a documentation address, never routed; here it is the internet, as far as there is one
GATEWAY = "198.51.100.1"
# Where the lab's user comes from: what checkip answers.
USER_ADDRESS = CALLER_IP
# Of packets from something that runs on a host itself, as AWS's agent does: no firewall is between the two.
ON_THE_HOST_MARK = 85
# where AWS has them too
IMDS_ADDRESS = "169.254.169.254"
DNS_ADDRESS = "169.254.169.253"

_LINKS = f"""\
link set lo up
link add {BRIDGE} type bridge
addr add {GATEWAY}/32 dev {BRIDGE}
addr add {USER_ADDRESS}/32 dev {BRIDGE}
addr add {IMDS_ADDRESS}/32 dev {BRIDGE}
addr add {DNS_ADDRESS}/32 dev {BRIDGE}
link set {BRIDGE} up
"""
_SETTINGS = ("net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.all.send_redirects=0")
# Of the security groups what the user meets: who may open a TCP connection to a host, at which port. What
# hosts say to each other, and to the world, nobody filters here.
_TABLE = f"""\
table inet lab {{
  set gone {{ type ipv4_addr; }}
  set hosts {{ type ipv4_addr; }}
  chain let_in {{ }}
  chain output {{
    type filter hook output priority 0
    ip daddr @gone drop
    meta mark {ON_THE_HOST_MARK} accept
    ip daddr @hosts tcp flags & (syn | ack) == syn jump let_in
    ip daddr @hosts tcp flags & (syn | ack) == syn drop
  }}
  chain forward {{ type filter hook forward priority 0; ip daddr @gone drop; }}
}}
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
    routes += [f"route replace {private_ip}/32 dev {BRIDGE} src {USER_ADDRESS}"]
    if public_ip:
        routes.append(f"route replace {public_ip}/32 via {private_ip} dev {BRIDGE} src {USER_ADDRESS} onlink")
    run(["ip", "-batch", "-"], "\n".join(routes) + "\n")
    # add before delete: the element need not be there
    gone, hosts = (_listed(name, private_ip, public_ip) for name in ("gone", "hosts"))
    run(["nft", "-f", "-"], f"add element {hosts}\nadd element {gone}\ndelete element {gone}\n")


def hide(private_ip: str, public_ip: str, run: Run = run) -> None:
    """Let packets to a host that is off vanish, as on EC2; without this they would be refused."""
    run(["nft", "-f", "-"], f"add element {_listed('gone', private_ip, public_ip)}\n")


class Firewall:
    """The security groups, as far as the user meets them; connections that stand go on."""

    def __init__(self, run: Run = run) -> None:
        self._run = run
        self._text = ""

    def let_in(self, machines: Iterable[Machine]) -> None:
        """Let in what the groups of these machines let in, and nothing else."""
        if (text := _rules(machines)) != self._text:
            self._run(["nft", "-f", "-"], text)
            self._text = text


def _rules(machines: Iterable[Machine]) -> str:
    lines = ["flush chain inet lab let_in"]
    for it in machines:
        to = ", ".join(filter(None, (it.private_ip, it.public_ip)))
        lines += [
            f"add rule inet lab let_in ip daddr {{ {to} }} tcp dport {one.first_port}-{one.last_port}"
            f" ip saddr {one.source} accept"
            for one in it.openings
        ]
    return "\n".join(lines) + "\n"


def _listed(name: str, *addresses: str) -> str:
    return f"inet lab {name} {{ {', '.join(filter(None, addresses))} }}"
