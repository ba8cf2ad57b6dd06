"""An account of a company's: what it demands is met, what it has is used and stays, its tags stay, too."""

import re
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.simulator.aws import client

pytestmark = pytest.mark.e2e
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
DEMANDS_A_BOUNDARY = Fault(match="CreateRole", status=403, code="AccessDenied", message="explicit deny")
UNCHANGED = {"changes": [], "outputs_changed": False}


def companys(sim: Simulator, public_key: str) -> dict[str, str]:
    """Make what the account has: a group that lets the office in, a key pair, a profile, a key for disks."""
    ec2, iam = client("ec2", sim), client("iam", sim)
    group = ec2.create_security_group(GroupName="office", Description="office")["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="198.51.100.0/24"
    )
    ec2.import_key_pair(KeyName="team-2026", PublicKeyMaterial=public_key.encode())
    iam.create_role(RoleName="ml-hosts", AssumeRolePolicyDocument="{}")
    iam.create_instance_profile(InstanceProfileName="ml-hosts")
    iam.add_role_to_instance_profile(InstanceProfileName="ml-hosts", RoleName="ml-hosts")
    key = client("kms", sim).create_key()["KeyMetadata"]["Arn"]
    return {"group": group, "kms": key}


def host(sim: Simulator) -> dict[str, Any]:
    """Return the only instance."""
    (found,) = [i for r in client("ec2", sim).describe_instances()["Reservations"] for i in r["Instances"]]
    return dict(found)


def test_a_companys_account(cli: Cli, sim: Simulator) -> None:
    """Boundary, key, group and key pair of the account reach the host; tags of a tagger outlive an `up`."""
    values = (cli.directory / "terraform.tfvars").read_text()
    (key_file,) = re.findall(r'^public_key_path += "(.*)"$', values, re.M)
    had = companys(sim, Path(key_file).expanduser().read_text())
    group, ec2 = had["group"], client("ec2", sim)

    sim.fault(DEMANDS_A_BOUNDARY)
    refused(cli.run("up", "--yes"), 4, "iam:CreateRole", "permissions_boundary_arn")
    cli.edit("permissions_boundary_arn = null", f'permissions_boundary_arn = "{BOUNDARY}"')
    cli.edit("security_group_ids = null", f'security_group_ids = ["{group}"]')
    cli.edit("key_name = null", 'key_name = "team-2026"')
    cli.edit("kms_key_id = null", f'kms_key_id = "{had["kms"]}"')
    cli.edit("ignore_tag_prefixes = null", 'ignore_tag_prefixes = ["acme:"]')
    assert f"the rules of {group}, which are not gpuinfra's" in cli.run("plan").stderr
    cli.ok("up", "--yes")
    assert sim.calls("CreateRole")[-1].params["PermissionsBoundary"] == BOUNDARY
    made = host(sim)
    assert ([g["GroupId"] for g in made["SecurityGroups"]], made["KeyName"]) == ([group], "team-2026")
    (disk,) = ec2.describe_volumes()["Volumes"]
    assert disk["KmsKeyId"] == had["kms"]

    of_the_tagger = {"Key": "acme:cost", "Value": "42"}
    ec2.create_tags(Resources=[made["InstanceId"], disk["VolumeId"]], Tags=[of_the_tagger])
    assert cli.json("plan") == UNCHANGED
    cli.ok("up", "--yes")
    assert of_the_tagger in host(sim)["Tags"]
    status = cli.ok("status")
    assert "198.51.100.0/24" in status
    assert "differs" not in status
    refused(
        cli.run("allow", "--cidr", "203.0.113.9"),
        2,
        group,
        "  next: aws ec2 authorize-security-group-ingress",
    )

    state = cli.directory / "terraform.tfstate"
    state.unlink()
    cli.ok("recover", "--yes")
    assert cli.json("plan") == UNCHANGED

    cli.edit("instance_profile = null", 'instance_profile = "ml-hosts"')
    cli.edit(f'permissions_boundary_arn = "{BOUNDARY}"', "permissions_boundary_arn = null")
    cli.ok("up", "--yes")
    assert host(sim)["IamInstanceProfile"]["Arn"].endswith("/ml-hosts")
    assert host(sim)["InstanceId"] == made["InstanceId"]
    cli.ok("down", "--yes")
    assert client("iam", sim).get_instance_profile(InstanceProfileName="ml-hosts")
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert [pair["KeyName"] for pair in ec2.describe_key_pairs()["KeyPairs"]] == ["team-2026"]
