"""What a call needs by IAM: its actions, the resources they are about, and the context. Pure.

As the tables of AWS's service authorization reference have it, as far as our calls go: a call that is not
known here needs its own name on `*`. A call may need several things: tags at creation need the right to tag,
a role that is handed on needs iam:PassRole, a disk under a key of one's own needs the key.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from gpuinfra.simulator.api.iam_call import Asked, Context
from gpuinfra.simulator.api.iam_policy import Need

# ids of EC2 -> the type in their ARNs
TYPES = {
    "ami": "image",
    "cr": "capacity-reservation",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "i": "instance",
    "igw": "internet-gateway",
    "key": "key-pair",
    "lt": "launch-template",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "snap": "snapshot",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
ID = re.compile(r"([a-z]+(?:-assoc)?)-[0-9a-f]{8,17}")
OF_NO_ACCOUNT = {"image", "snapshot"}
# All other Describe actions know no resource.
READS_OF_ONE = {"DescribeInstanceAttribute", "DescribeVpcAttribute"}
# things that an action names and is not judged by
NOT_JUDGED = {"RevokeSecurityGroupEgress": "sgr", "RevokeSecurityGroupIngress": "sgr"}
# what an action makes, beside what it tags; a new thing has no id yet, its ARN ends in *
NEW = {
    "AllocateAddress": ("elastic-ip",),
    "CreateFleet": ("fleet", "instance"),
    "CreateImage": ("image", "snapshot"),
    "CreateInternetGateway": ("internet-gateway",),
    "CreateLaunchTemplate": ("launch-template",),
    "CreateNatGateway": ("natgateway",),
    "CreateRouteTable": ("route-table",),
    "CreateSecurityGroup": ("security-group",),
    "CreateSnapshot": ("snapshot",),
    "CreateSubnet": ("subnet",),
    "CreateVolume": ("volume",),
    "CreateVpc": ("vpc",),
    "CreateVpcEndpoint": ("vpc-endpoint",),
    "RunInstances": ("instance", "network-interface", "volume"),
}
# https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
KMS = (
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
)
SPOT_ROLE = "role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"


def ec2(asked: Asked) -> Iterator[Need]:
    """Return the needs of a call to EC2."""
    name, action = asked.action, f"ec2:{asked.action}"
    if name.startswith("Describe") and name not in READS_OF_ONE:
        yield Need(action=action, context=asked.base)
        return
    tagged = dict(_tagged(asked))
    old = list(_known(asked, action))
    new = [_new(asked, action, kind, tagged.get(kind, {})) for kind in NEW.get(name, ())]
    if name in ("ImportKeyPair", "CreateKeyPair"):
        kind = f"key-pair/{asked.params.get('KeyName', '')}"
        new = [
            replace(
                _new(asked, action, "key-pair", tagged.get("key-pair", {})), resource=asked.arn("ec2", kind)
            )
        ]
    if name in ("CreateTags", "DeleteTags"):
        old = [replace(one, context={**one.context, **asked.request_tags("Tag")}) for one in old]
    names_nothing = not old and not new and not any(ID.fullmatch(it) for it in asked.params.values())
    yield from [Need(action=action, context=asked.base)] if names_nothing else old + new
    for kind, context in tagged.items():
        made = {"ec2:createaction": (name,)}
        yield Need(
            action="ec2:CreateTags",
            resource=_arn(asked, kind, "*"),
            context={**asked.base, **context, **made},
        )
    yield from _handed_on(asked)


def _tagged(asked: Asked) -> Iterator[tuple[str, Context]]:
    for name, kind in asked.params.items():
        if re.fullmatch(r"TagSpecification\.\d+\.ResourceType", name):
            yield kind, asked.request_tags(rf"{name.removesuffix('.ResourceType')}\.Tag")


def _new(asked: Asked, action: str, kind: str, tags: Context) -> Need:
    own: Context = {}
    if kind == "instance":
        given = {
            "ec2:instancetype": "InstanceType",
            "ec2:metadatahttptokens": "MetadataOptions.HttpTokens",
            "ec2:instancemarkettype": "InstanceMarketOptions.MarketType",
        }
        own = {key: (asked.params[name],) for key, name in given.items() if name in asked.params}
    return Need(action=action, resource=_arn(asked, kind, "*"), context={**asked.base, **tags, **own})


def _known(asked: Asked, action: str) -> Iterator[Need]:
    """Yield a need for each thing that the parameters name."""
    region, facts = asked.request.region, asked.facts
    found: dict[str, None] = {}
    for value in asked.params.values():
        if (is_id := ID.fullmatch(value)) and is_id[1] != NOT_JUDGED.get(asked.action):
            found[value] = None
    if asked.params.get("KeyName") and asked.action not in ("ImportKeyPair", "CreateKeyPair"):
        found[asked.params["KeyName"]] = None
    for one in found:
        kind = ID.fullmatch(one)
        resource_id = one
        if kind and kind[1] not in TYPES:
            resource_id = facts.behind(region, one)
            kind = ID.fullmatch(resource_id)
            if kind is None:  # nothing to judge: EC2 does not find it
                continue
        type_ = TYPES[kind[1]] if kind and kind[1] in TYPES else "key-pair"
        name = facts.key_name(region, resource_id) if type_ == "key-pair" else resource_id
        context = asked.base
        for key, value in facts.tags(region, resource_id).items():
            context[f"aws:resourcetag/{key.lower()}"] = context[f"ec2:resourcetag/{key.lower()}"] = (value,)
        if type_ == "instance":
            context["ec2:instancetype"] = (facts.instance_type(region, resource_id),)
        yield Need(action=action, resource=_arn(asked, type_, name), context=context)


def _arn(asked: Asked, kind: str, name: str) -> str:
    return asked.arn("ec2", f"{kind}/{name}", account=kind not in OF_NO_ACCOUNT)


def _handed_on(asked: Asked) -> Iterator[Need]:
    """Yield what else a call needs: the host's role, the key of its disk, the role of the spot market."""
    params, region = asked.params, asked.request.region
    profile = params.get("IamInstanceProfile.Arn") or params.get("IamInstanceProfile.Name") or ""
    if profile:
        yield pass_role(asked, asked.facts.role_of(profile), "ec2.amazonaws.com")
    keys = [value for name, value in params.items() if name.endswith(".KmsKeyId")]
    if asked.action == "StartInstances":
        keys = [key for one in asked.values("InstanceId") for key in asked.facts.keys_of(region, one)]
    for key in keys:
        yield from (
            Need(
                action=f"kms:{name}",
                resource=key,
                context={**asked.base, "kms:viaservice": (f"ec2.{region}.amazonaws.com",)},
            )
            for name in (KMS if asked.action == "RunInstances" else ("CreateGrant",))
        )
    if params.get("InstanceMarketOptions.MarketType") == "spot":
        context = {**asked.base, "iam:awsservicename": ("spot.amazonaws.com",)}
        role = asked.arn("iam", SPOT_ROLE, regional=False)
        yield Need(action="iam:CreateServiceLinkedRole", resource=role, context=context)


def pass_role(asked: Asked, role: str, service: str) -> Need:
    """Return the need of whoever hands a role on to a service."""
    context = {**asked.base, "iam:passedtoservice": (service,)}
    return Need(action="iam:PassRole", resource=role or "*", context=context)
