"""Rules that somebody added by hand: told with what removes them, and no dead end where ours is the same."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.provision import firewall
from gpuinfra.features.provision.allow import allow
from gpuinfra.features.provision.plan import plan
from gpuinfra.features.provision.resource_names import SECURITY_GROUP
from gpuinfra.features.provision.status import status
from gpuinfra.features.provision.up import Consent, apply
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import Change, FirewallRule, Outcome
from tests import samples
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RECORDED, SETTINGS, FakeReporter, FakeTerraform, FakeValues
from tests.features.provision.test_init import never

GROUP = str(samples.OUTPUTS["security_group_id"])
HOME, NEW = "52.94.76.10/32", "52.94.76.99/32"
OURS = FirewallRule(
    rule_id="sgr-ours", group_id=GROUP, way="ingress", protocol="tcp", first_port=22, last_port=22, peer=HOME
)
WORLD = dataclasses.replace(OURS, rule_id="sgr-world", peer="0.0.0.0/0")
SAME = dataclasses.replace(OURS, rule_id="sgr-same", peer=NEW)
OUT = dataclasses.replace(OURS, rule_id="sgr-out", way="egress", first_port=8080, last_port=8080, peer="::/0")
RECORD = dataclasses.replace(RECORDED, resources={**RECORDED.resources, firewall.ssh_rule(HOME): "sgr-ours"})
CLOSE = (
    "aws ec2 revoke-security-group-ingress --region us-east-1"
    f" --group-id {GROUP} --security-group-rule-ids sgr-world"
)


def test_plan_and_status_tell_what_is_open(tmp_path: Path) -> None:
    """The world at port 22 is seen in both, with the command that ends it; our own rule is not news."""
    reporter = FakeReporter()
    made = fake_world(tmp_path, cloud=FakeCloud(rules=[OURS, WORLD]), reporter=reporter, records=(RECORD,))
    plan(made, never())
    line = f"opened outside of gpuinfra: tcp port 22 from 0.0.0.0/0; to close it: {CLOSE}"
    assert [said for said in reporter.said if "opened" in said] == [f"! {line}"]
    assert f"tcp port 22 from 0.0.0.0/0; to close it: {CLOSE}" in status(made).text()


def test_who_may_not_ask_works_on(tmp_path: Path) -> None:
    """Rights to see rules are no condition of anything."""

    class Refusing(FakeCloud):
        def rules(self, group_ids: object) -> list[FirewallRule]:
            raise CloudError("you may not")

    assert firewall.foreign(fake_world(tmp_path, cloud=Refusing()), RECORD) == ()


def test_the_new_rule_is_there_before_the_old_one_goes(tmp_path: Path) -> None:
    """What AWS refuses then does not lock the user out."""
    terraform = FakeTerraform(Outcome(ok=True))
    allow(fake_world(tmp_path, terraform=terraform, records=(RECORD,)), cidr=NEW, add=False)
    assert [call[-1] for call in terraform.calls if call[0] == "apply"] == [
        (firewall.ssh_rule(NEW),),
        (SECURITY_GROUP,),
    ]


def test_a_rule_that_is_there_is_taken_over(tmp_path: Path) -> None:
    """Opened by hand before: AWS would refuse a second one for ever. What else is open is said."""
    terraform, reporter = FakeTerraform(Outcome(ok=True)), FakeReporter()
    cloud = FakeCloud(rules=[OURS, SAME, WORLD])
    made = fake_world(tmp_path, terraform=terraform, records=(RECORD,), cloud=cloud, reporter=reporter)
    allow(made, cidr=NEW, add=False)
    assert terraform.calls[1] == ("take_over", firewall.ssh_rule(NEW), "sgr-same")
    assert reporter.said[-2] == f"ssh is open to {NEW}"
    assert CLOSE in reporter.said[-1]


@pytest.mark.parametrize("name", ["module.security_group", "module.host.module.security_group"])
def test_a_rule_is_ours_in_a_state_of_before_too(name: str) -> None:
    """There the group has an older name; a rule of another group is never ours."""
    old = dataclasses.replace(RECORDED, resources={f"{name}.aws_security_group.this": GROUP})
    assert firewall.is_ours(SAME, old, [firewall.ssh_rule(NEW)])
    other = dataclasses.replace(SAME, group_id="sg-of-the-endpoints")
    assert not firewall.is_ours(other, old, [firewall.ssh_rule(NEW)])


@pytest.mark.parametrize(
    ("rule", "address"),
    [
        (SAME, firewall.ssh_rule(NEW)),
        (OUT, f'{SECURITY_GROUP}.aws_vpc_security_group_egress_rule.this["tcp-8080-ipv6"]'),
    ],
)
def test_up_takes_over_what_it_would_make(rule: FirewallRule, address: str, tmp_path: Path) -> None:
    """In and out alike; the plan that is shown and applied is a new one."""
    terraform = FakeTerraform(Outcome(ok=True, changes=(Change(address=address, action="create"),), added=1))
    values = FakeValues(SETTINGS)
    made = fake_world(
        tmp_path, terraform=terraform, records=(RECORD,), cloud=FakeCloud(rules=[rule]), values=values
    )
    apply(made, Consent(yes=True))
    kinds = [call[0] for call in terraform.calls]
    assert kinds == ["init", "plan", "take_over", "init", "plan", "apply"]
    assert ("take_over", address, rule.rule_id) in terraform.calls
