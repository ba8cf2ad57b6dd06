"""`allow`: who is let in afterwards, and that nothing but the security group is touched."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.provision.allow import allow, normal
from gpuinfra.features.provision.resource_names import SECURITY_GROUP
from gpuinfra.ground.errors import CloudError, ConfigError
from gpuinfra.ground.model import Diagnostic, Outcome, Record
from tests.fakes.host import fake_world
from tests.fakes.world import SETTINGS, FakeReporter, FakeTerraform, FakeValues

HOME, RANGE, V6 = "52.94.76.10/32", "198.51.100.0/24", "2001:db8::7/128"


@pytest.mark.parametrize(
    ("before", "cidr", "add", "after"),
    [
        ((HOME,), "52.94.76.99", False, ("52.94.76.99/32",)),
        ((HOME, RANGE), "52.94.76.99/32", False, (RANGE, "52.94.76.99/32")),
        ((HOME, V6), "52.94.76.99/32", False, ("52.94.76.99/32",)),
        ((HOME, RANGE), "52.94.76.99/32", True, (HOME, RANGE, "52.94.76.99/32")),
        ((HOME,), HOME, True, (HOME,)),
        ((), "2001:db8::7", False, (V6,)),
    ],
)
def test_single_addresses_are_replaced(
    before: tuple[str, ...], cidr: str, add: bool, after: tuple[str, ...], tmp_path: Path
) -> None:
    """One's old address goes, ranges stay; with --add everything stays; nothing stands there twice."""
    values = FakeValues(dataclasses.replace(SETTINGS, allowed_cidrs=before))
    assert allow(fake_world(tmp_path, values=values), cidr=cidr, add=add) == after
    assert values.written == [{"allowed_cidrs": list(after)}]


def test_only_the_security_group_is_applied(tmp_path: Path) -> None:
    """A new address never touches the host."""
    terraform = FakeTerraform(Outcome(ok=True, added=1, destroyed=1))
    allow(fake_world(tmp_path, terraform=terraform), cidr=HOME, add=False)
    assert terraform.calls == [("init",), ("apply", False, (), (SECURITY_GROUP,))]


@pytest.mark.parametrize("cidr", ["52.94.76.99/32", "2001:db8::7/128"])
def test_groups_of_others_are_not_changed(cidr: str, tmp_path: Path) -> None:
    """Nothing is written; the command to type is one that AWS takes, for either kind of address."""
    values = FakeValues(dataclasses.replace(SETTINGS, security_group_ids=("sg-1", "sg-2")))
    with pytest.raises(ConfigError, match="sg-1, sg-2") as caught:
        allow(fake_world(tmp_path, values=values), cidr=cidr, add=False)
    ranges = f"Ipv6Ranges=[{{CidrIpv6={cidr}}}]" if ":" in cidr else f"IpRanges=[{{CidrIp={cidr}}}]"
    assert caught.value.hint.endswith(
        f"--group-id sg-1 --ip-permissions 'IpProtocol=tcp,FromPort=22,ToPort=22,{ranges}'"
    )
    assert values.written == []


@pytest.mark.parametrize("name", ["module.security_group", "module.host.module.security_group"])
def test_a_state_of_before_is_taken_over_first(name: str, tmp_path: Path) -> None:
    """Terraform refuses to change the group alone while the moves of the others are pending."""
    terraform = FakeTerraform(Outcome(ok=True))
    old = Record(resources={f"{name}.aws_security_group.this": "sg-1", "terraform_data.region": ""})
    allow(fake_world(tmp_path, terraform=terraform, records=(old,)), cidr=HOME, add=False)
    assert terraform.calls == [("init",), ("refresh",), ("apply", False, (), (SECURITY_GROUP,))]


def test_without_a_host_only_the_values_change(tmp_path: Path) -> None:
    """There is nothing to authorise yet, and that is said."""
    terraform, reporter = FakeTerraform(Outcome(ok=True)), FakeReporter()
    made = fake_world(tmp_path, terraform=terraform, reporter=reporter, records=(Record(),))
    allow(made, cidr=HOME, add=False)
    assert (terraform.calls, reporter.said[-1].endswith("there is no host yet")) == ([], True)


def test_a_refusal_is_explained(tmp_path: Path) -> None:
    """Like that of any other run."""
    text = "operation error EC2: AuthorizeSecurityGroupIngress, api error UnauthorizedOperation: no"
    outcome = Outcome(ok=False, diagnostics=(Diagnostic(severity="error", summary=text),))
    with pytest.raises(CloudError, match="ec2:AuthorizeSecurityGroupIngress"):
        allow(fake_world(tmp_path, terraform=FakeTerraform(outcome)), cidr=HOME, add=False)


def test_another_stacks_values_are_refused(tmp_path: Path) -> None:
    """Before they are changed."""
    values = FakeValues(dataclasses.replace(SETTINGS, stack="b"))
    with pytest.raises(ConfigError, match="stack = 'b'"):
        allow(fake_world(tmp_path, values=values), cidr=HOME, add=False)
    assert values.written == []


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (" 203.0.113.7 ", "203.0.113.7/32"),
        ("203.0.113.7/24", "203.0.113.0/24"),
        ("2001:DB8:0:0::1", "2001:db8::1/128"),
        ("2001:db8:1:2::9/64", "2001:db8:1:2::/64"),
    ],
)
def test_normal(text: str, canonical: str) -> None:
    """A CIDR is written as the module takes it: shortest form, no bits beyond its length."""
    assert normal(text) == canonical


@pytest.mark.parametrize("text", ["0.0.0.0/0", "203.0.113.0/23", "::/0", "2001:db8::/63"])
def test_too_wide(text: str) -> None:
    """Half of the internet is not one's own address."""
    with pytest.raises(ConfigError, match="too wide"):
        normal(text)


@pytest.mark.parametrize("text", ["", "home", "203.0.113.256", "203.0.113.7/33", '1.2.3.4"', "fe80::1%eth0"])
def test_not_a_cidr(text: str) -> None:
    """What is no address is refused, with an example."""
    with pytest.raises(ConfigError) as caught:
        normal(text)
    assert caught.value.hint == "gpuinfra allow --cidr 203.0.113.7/32"


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "::1", "169.254.169.254", "224.0.0.1", "fe80::1", "240.0.0.1", "0.0.0.9"]
)
def test_where_nobody_comes_from(text: str) -> None:
    """A typing error is told here, as Terraform would tell it."""
    with pytest.raises(ConfigError, match="nobody comes from"):
        normal(text)


@pytest.mark.parametrize("cidr", ["192.168.1.20", "10.0.0.0/24", "100.64.0.1", "fd00::1"])
def test_a_private_address_takes_nobodys_place(cidr: str, tmp_path: Path) -> None:
    """AWS sees another one, and who is let in would be nobody; beside one's own it may stand (a VPN)."""
    values = FakeValues()
    made = fake_world(tmp_path, values=values)
    with pytest.raises(ConfigError, match="is a private address"):
        allow(made, cidr=cidr, add=False)
    assert values.written == []
    assert HOME in allow(made, cidr=cidr, add=True)
