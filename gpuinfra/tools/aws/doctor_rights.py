"""What a caller may do: dry runs of EC2, IAM's own simulation, and reads whose answer is all that is wanted.

EC2 alone has dry runs; they are evaluated with the rules of the whole organisation, and need no right more.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from gpuinfra.ground.account_facts import HostRequest, Simulation, StackOfTries
from gpuinfra.tools.aws.pricing import endpoint

# What the Terraform module makes beside the host, unless terraform.tfvars names one that is there.
GROUP, KEY_PAIR = "CreateSecurityGroup", "ImportKeyPair"
# Rights on a host hang on its tags: of one that is not there EC2 tells nothing.
ON_A_HOST = ("CreateTags", "StopInstances", "StartInstances", "TerminateInstances")
ROLE = re.compile(r"arn:[\w-]+:sts::\d+:assumed-role/([^/]+)/")
# An ed25519 key of nobody: RFC 8032, section 7.1, the public key of TEST 1.
KEY = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea gpuinfra-doctor"
DESCRIPTION = "a dry run of gpuinfra doctor"


def launch(ec2: Any, request: HostRequest) -> None:
    """Dry-run RunInstances with what the Terraform module asks for: tags, encryption, IMDSv2."""
    kms = {"KmsKeyId": request.kms_key_id} if request.kms_key_id else {}
    disk = {"VolumeSize": request.disk_gb, "VolumeType": "gp3", "Encrypted": True, **kms}
    place: dict[str, Any] = {"SubnetId": request.subnet_id} if request.subnet_id else {}
    if request.zone:
        place["Placement"] = {"AvailabilityZone": request.zone}
    if request.spot:
        place["InstanceMarketOptions"] = {"MarketType": "spot"}
    if request.security_group_ids:
        place["SecurityGroupIds"] = list(request.security_group_ids)
    if request.key_name:
        place["KeyName"] = request.key_name
    if request.instance_profile:  # with it EC2 looks at iam:PassRole, too
        place["IamInstanceProfile"] = {"Name": request.instance_profile}
    ec2.run_instances(
        DryRun=True,
        ImageId=request.image_id,
        InstanceType=request.instance_type,
        MinCount=1,
        MaxCount=1,
        MetadataOptions={"HttpTokens": "required", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1},
        BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": disk}],
        TagSpecifications=_tagged(request.tags, "instance", "volume"),
        **place,
    )


def dry_run(ec2: Any, action: str, of: StackOfTries) -> None:
    """Dry-run GROUP, KEY_PAIR or one of ON_A_HOST, named and tagged as the Terraform module does."""
    name = f"{of.name}-doctor"
    if action == GROUP:
        tagged = _tagged(of.tags, "security-group")
        ec2.create_security_group(
            DryRun=True, GroupName=name, Description=DESCRIPTION, TagSpecifications=tagged
        )
    elif action == KEY_PAIR:
        tagged = _tagged(of.tags, "key-pair")
        ec2.import_key_pair(DryRun=True, KeyName=name, PublicKeyMaterial=KEY, TagSpecifications=tagged)
    elif action == "CreateTags":
        ec2.create_tags(DryRun=True, Resources=[of.host_id], Tags=_tags(of.tags))
    elif action == "StopInstances":
        ec2.stop_instances(DryRun=True, InstanceIds=[of.host_id])
    elif action == "StartInstances":
        ec2.start_instances(DryRun=True, InstanceIds=[of.host_id])
    else:
        ec2.terminate_instances(DryRun=True, InstanceIds=[of.host_id])


def _tagged(tags: Mapping[str, str], *kinds: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": _tags(tags)} for kind in kinds]


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def simulate(iam: Any, arn: str, of: Simulation) -> dict[str, str]:
    """Return for each action what IAM decides; of an assumed role the role itself is asked about.

    Without a resource IAM takes `*`, and a policy that allows our names alone would look like none. A refusal
    for want of a condition key that nobody has given says nothing of the real call, which has it.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
    """
    role = ROLE.match(arn)
    source = iam.get_role(RoleName=role[1])["Role"]["Arn"] if role else arn
    context = [
        {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}
        for key, value in of.context.items()
    ]
    found = iam.simulate_principal_policy(
        PolicySourceArn=source,
        ActionNames=list(of.actions),
        ResourceArns=[of.resource],
        ContextEntries=context,
    )
    return {it["EvalActionName"]: _decision(it) for it in found["EvaluationResults"]}


def _decision(raw: Mapping[str, Any]) -> str:
    decision = str(raw["EvalDecision"])
    return "" if decision == "implicitDeny" and raw.get("MissingContextValues") else decision


def read_call(action: str, region: str) -> tuple[str, str, Callable[[Any], object]]:
    """Return the service, its region and the call for a read, by its name in IAM.

    pricing:GetProducts, scheduler:ListScheduleGroups, iam:GetRole.
    """
    if action == "pricing:GetProducts":
        return (
            "pricing",
            endpoint(region),
            lambda it: it.get_products(
                ServiceCode="AmazonEC2",
                MaxResults=1,
                Filters=[
                    {"Type": "TERM_MATCH", "Field": "regionCode", "Value": region},
                    {"Type": "TERM_MATCH", "Field": "instanceType", "Value": "g4dn.xlarge"},
                ],
            ),
        )
    return "scheduler", region, lambda it: it.list_schedule_groups(NamePrefix="gpuinfra-", MaxResults=1)
