"""Rules in our security groups that Terraform did not make: told, and taken over where it wants the same."""

import re
from collections.abc import Iterable, Sequence

from gpuinfra.features.provision.resource_names import SECURITY_GROUP
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import FirewallRule, Record
from gpuinfra.ground.protocols import Provisioner
from gpuinfra.ground.world import World

RULES = ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule")
# A state of an earlier tree has no key in it.
OWN_GROUP = re.compile(r'\bmodule\.security_group(\["own"\])?\.aws_security_group\.this$')
EVERYWHERE = {"0.0.0.0/0": "ipv4", "::/0": "ipv6"}


def foreign(world: World, record: Record) -> tuple[FirewallRule, ...]:
    """Return the rules that somebody added; none where AWS does not say: who may not ask works on."""
    groups = sorted(record.ids_of("aws_security_group"))
    if not (groups and record.region):
        return ()
    ours = {rule_id for kind in RULES for rule_id in record.ids_of(kind)}
    try:
        return tuple(it for it in world.cloud(record.region, None).rules(groups) if it.rule_id not in ours)
    except CloudError:
        return ()


def told(rules: Iterable[FirewallRule], region: str) -> list[str]:
    """Return a line for each: what it lets through, and the command that removes it."""
    return [f"! opened outside of gpuinfra: {it.text}; to close it: {revoke(it, region)}" for it in rules]


def revoke(rule: FirewallRule, region: str) -> str:
    """Return the command that removes a rule."""
    return (
        f"aws ec2 revoke-security-group-{rule.way} --region {region} --group-id {rule.group_id}"
        f" --security-group-rule-ids {rule.rule_id}"
    )


def ssh_rule(cidr: str) -> str:
    """Return the address of the rule that lets a CIDR in."""
    return f'{SECURITY_GROUP}.{RULES[0]}.ssh["{cidr}"]'


def take_over(
    terraform: Provisioner, rules: Iterable[FirewallRule], record: Record, wanted: Sequence[str]
) -> bool:
    """Take over the rules that Terraform is about to make: AWS would refuse a second one. Tell if any was."""
    same = [rule for rule in rules if is_ours(rule, record, wanted)]
    for rule in same:
        terraform.take_over(_address(rule), rule.rule_id)
    return bool(same)


def is_ours(rule: FirewallRule, record: Record, wanted: Sequence[str]) -> bool:
    """Tell whether a rule is one that Terraform is to have."""
    groups = {i for address, i in record.resources.items() if OWN_GROUP.search(address)}
    return rule.group_id in groups and _address(rule) in wanted


def _address(rule: FirewallRule) -> str:
    """Return what Terraform would call a rule like this; empty where it makes none."""
    if rule.protocol != "tcp" or rule.first_port != rule.last_port:
        return ""
    if rule.way == "ingress":
        return ssh_rule(rule.peer) if rule.first_port == 22 else ""
    family = EVERYWHERE.get(rule.peer)
    return f'{SECURITY_GROUP}.{RULES[1]}.this["tcp-{rule.first_port}-{family}"]' if family else ""
