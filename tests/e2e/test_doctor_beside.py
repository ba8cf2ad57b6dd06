"""What `doctor` and `up` know of an account: rights by names, its state, its own things."""

import pytest

from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.e2e.test_doctor import findings

pytestmark = pytest.mark.e2e


def test_under_the_policy_that_we_print(cli: Cli, sim: Simulator) -> None:
    """IAM's simulation is asked about the names that the policy allows, not about all."""
    simulate = {"Effect": "Allow", "Action": ["iam:SimulatePrincipalPolicy"], "Resource": ["*"]}
    policies = cli.json("policy")["policies"]
    sim.allow([*policies, {"Version": "2012-10-17", "Statement": [simulate]}], access_key="simulator")
    done = cli.run("doctor", "--json")
    assert findings(done)["IAM rights"]["state"] == "ok", done.stdout
    assert done.returncode == 0


def test_up_makes_nothing_in_an_account_that_is_not_verified(cli: Cli, sim: Simulator) -> None:
    """AWS launches nothing there: no group, no role, no key pair is made before that is found out."""
    sim.account(verified=False)
    refused(cli.run("up", "--yes"), 4, "AWS has not verified it yet", "next: https://portal.aws.amazon.com")
    assert sim.leftovers() == {}


def test_things_of_the_accounts_own(cli: Cli, sim: Simulator) -> None:
    """What is named and not there is in the way; of a profile Terraform's plan knows nothing: `up` does."""
    for given in ('key_name = "none"', 'security_group_ids = ["sg-0123456789abcdef0"]'):
        name = given.split(" ")[0]
        cli.edit(f"{name} = null", given)
        done = cli.run("doctor", "--json")
        found = findings(done)
        assert [one["name"] for one in found.values() if one["state"] == "bad"] == ["your own things"], given
        assert done.returncode == 4
        cli.edit(given, f"{name} = null")
    cli.edit("instance_profile = null", 'instance_profile = "none"')
    refused(cli.run("up", "--yes"), 4, "there is no instance profile none", "next: aws iam list-instance")
    assert sim.leftovers() == {}
    cli.edit('instance_profile = "none"', "instance_profile = null")
    cli.edit(
        "kms_key_id = null",
        'kms_key_id = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"',
    )
    assert findings(cli.run("doctor", "--json"))["your own things"]["text"].startswith(
        "there is no KMS key arn"
    )
