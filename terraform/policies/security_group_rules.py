"""CKV_GPU_1 and CKV_GPU_4: security group rules name who, what and where, in whatever form they come.

The built-in checks pass `::/0` in aws_vpc_security_group_ingress_rule, half of the world (0.0.0.0/1),
any port that is not on their list, and protocol -1 in rules that are resources of their own.
"""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

# The same limits as the validation of allowed_cidrs in variables.tf: prefix length by IP version.
SHORTEST_PREFIX = {4: 24, 6: 64}
SOURCES = ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6")
PROTOCOLS = ("protocol", "ip_protocol")
GROUPS = ["aws_default_security_group", "aws_security_group"]
RULES = ["aws_security_group_rule", "aws_vpc_security_group_ingress_rule"]
EGRESS_RULES = ["aws_vpc_security_group_egress_rule"]


class IngressNamesItsSources(BaseResourceCheck):
    """Refuse any source wider than /24 (IPv4) or /64 (IPv6)."""

    def __init__(self) -> None:
        super().__init__(
            name="Ingress names its sources: nothing wider than IPv4 /24 or IPv6 /64, on any port",
            id="CKV_GPU_1",
            categories=[CheckCategories.NETWORKING],
            supported_resources=GROUPS + RULES,
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Judge a group with rules inside, or a rule of its own."""
        wide = any(is_wide(source) for rule in ingress_rules(conf) for source in values(rule, SOURCES))
        return CheckResult.FAILED if wide else CheckResult.PASSED


class RulesNameTheirProtocol(BaseResourceCheck):
    """Refuse a rule, in or out, for all protocols and ports at once."""

    def __init__(self) -> None:
        super().__init__(
            name="Security group rules name a protocol and its ports: never all of them (-1)",
            id="CKV_GPU_4",
            categories=[CheckCategories.NETWORKING],
            supported_resources=GROUPS + RULES + EGRESS_RULES,
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Judge a group with rules inside, or a rule of its own."""
        rules = [*dicts(conf.get("ingress")), *dicts(conf.get("egress")), conf]
        everything = any(protocol in ("-1", "all") for rule in rules for protocol in values(rule, PROTOCOLS))
        return CheckResult.FAILED if everything else CheckResult.PASSED


def ingress_rules(conf: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the ingress rules of a resource; one with `type = "egress"` has none."""
    if "ingress" in conf:
        return list(dicts(conf["ingress"]))
    return [] if "egress" in values(conf, ("type",)) else [conf]


def values(rule: dict[str, Any], keys: tuple[str, ...]) -> list[str]:
    """Return the texts under some keys of a rule, numbers as texts."""
    return [text for key in keys for text in texts(rule.get(key))]


def dicts(value: object) -> Iterator[dict[str, Any]]:
    """Yield the mappings in checkov's nested lists."""
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from dicts(item)


def texts(value: object) -> Iterator[str]:
    """Yield the texts in checkov's nested lists."""
    if isinstance(value, str | int):
        yield str(value)
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from texts(item)


def is_wide(text: str) -> bool:
    """Tell whether a CIDR block is too wide; an expression that checkov could not resolve is not."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return False
    return network.prefixlen < SHORTEST_PREFIX[network.version]


# checkov registers what is made.
checks = (IngressNamesItsSources(), RulesNameTheirProtocol())
