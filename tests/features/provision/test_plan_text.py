"""How plans read."""

import dataclasses

from gpuinfra.features.provision import plan_text
from gpuinfra.ground.model import AttributeChange, Change
from tests.fakes.world import SETTINGS

HOST = "module.host.module.instance.aws_instance.this"


def test_the_costs_stand_before_the_end() -> None:
    """Who is asked has just read them; a plan that changes nothing has none."""
    made = [Change(address=HOST, action="create")]
    assert plan_text.plan_lines(made, SETTINGS, ["  cost: 1 USD"])[-2] == "  cost: 1 USD"
    assert plan_text.plan_lines([], SETTINGS, ["  cost: 1 USD"]) == ["up to date: nothing would be changed"]


def test_the_end_of_the_cost_is_that_of_this_stack() -> None:
    """`make down` means the default stack: another one's plan names its own command."""
    made = [Change(address=HOST, action="create")]
    assert plan_text.plan_lines(made, SETTINGS)[-1].endswith("until `make down`.")
    other = dataclasses.replace(SETTINGS, stack="nb")
    assert plan_text.plan_lines(made, other)[-1].endswith("until `gpuinfra down --stack nb`.")


def test_a_plan() -> None:
    """The host's facts first, the host before its belongings, then how many of each."""
    long = "x" * 100
    changes = [
        Change(address="module.host.module.key_pair.aws_key_pair.this", action="create"),
        Change(
            address=HOST,
            action="replace",
            attributes=(
                AttributeChange(name="zone", before="a", after=long, forces_replacement=True),
                AttributeChange(name="id", before="i-1", after="(known after apply)"),
            ),
        ),
    ]
    lines = plan_text.plan_lines(changes, SETTINGS)
    assert lines[:3] == [
        "Plan for the stack 'default' in us-east-1:",
        "  host g4dn.xlarge, image nvidia, disk 128 GB",
        "  ssh from 52.94.76.10/32 only",
    ]
    assert lines[3] == "  -/+ host (EC2 instance)"
    assert lines[4].endswith("...   (this replaces it)")
    assert len(lines[4]) < 120
    assert "known after apply" not in "".join(lines)
    assert lines[-1].startswith("1 to create, 1 to replace.")


def test_what_others_decide_is_said() -> None:
    """Groups and profile of the account: their rules and rights are not ours; allowed_cidrs is nothing."""
    made = [Change(address=HOST, action="create")]
    theirs = dataclasses.replace(SETTINGS, security_group_ids=("sg-1", "sg-2"), instance_profile="ml-hosts")
    assert plan_text.plan_lines(made, theirs)[2:4] == [
        "  who gets in and out: the rules of sg-1, sg-2, which are not gpuinfra's",
        "  may do in AWS what the role of the instance profile ml-hosts may",
    ]
    private = dataclasses.replace(theirs, access="ssm")
    assert plan_text.plan_lines(made, private)[2].startswith("  who gets in and out: ")
    assert plan_text.plan_lines(made, private)[3].endswith("; it must let Session Manager in")


def test_an_empty_plan_is_said() -> None:
    """In words, not by silence."""
    assert plan_text.plan_lines([], SETTINGS) == ["up to date: nothing would be changed"]


def test_what_belongs_to_a_host_is_one_line() -> None:
    """Rules of a group and parts of a role are counted, not listed; the host stands alone."""
    group = "module.host.module.security_group.aws_vpc_security_group"
    changes = [
        *(Change(address=f'{group}_egress_rule.this["tcp-{n}"]', action="create") for n in range(4)),
        Change(address=f'{group}_ingress_rule.ssh["52.94.76.10/32"]', action="create"),
        Change(address=HOST, action="create"),
        Change(address="module.host.module.key_pair.aws_key_pair.this", action="create"),
        Change(address="module.host.module.instance.aws_iam_role.this", action="delete"),
    ]
    assert plan_text.plan_lines(changes, SETTINGS)[3:-1] == [
        "    + host (EC2 instance)",
        "    + ingress rule 52.94.76.10/32, 4 x egress rule, key pair",
        "    - role of the host",
    ]


def test_long_values_are_cut_where_they_still_differ() -> None:
    """Two public keys begin alike: both sides of the line must not look the same."""
    old, new = (f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{letter * 44}" for letter in "JO")
    key = AttributeChange(name="public_key", before=old, after=new)
    (line,) = plan_text.plan_lines([Change(address=HOST, action="update", attributes=(key,))], SETTINGS)[4:-1]
    before, after = line.split("public_key: ")[1].split(" -> ")
    assert before != after
    assert len(line) < 160
