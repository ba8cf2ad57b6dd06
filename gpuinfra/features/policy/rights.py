"""Which actions gpuinfra and its Terraform call, for which options, on what. Pure. Over 200 lines: a table.

An end-to-end test runs whole days under exactly these rights, and another one misses each of them. Which
resources and condition keys an action knows, AWS says:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html (and its neighbours)
"""

from dataclasses import dataclass, field

# What a thing must be: made with the stack's tags now, or carry them already; the keys that say so.
ANY, NEW, OURS, SESSION = "", "aws:RequestTag", "aws:ResourceTag", "ssm:resourceTag"
# {ec2}, {iam} and so on: the beginning of ARNs there; {name}: how the names of the stack's things begin.
HERE = ("{ec2}*/*",)


@dataclass(frozen=True, kw_only=True)
class Right:
    """Some actions on some things.

    when: the options of terraform.tfvars (chosen.py) of which one must be chosen; none: always.
    where: ANY, NEW, OURS or SESSION. if_: more conditions, operator -> key -> value.
    """

    sid: str
    actions: str
    on: tuple[str, ...] = ("*",)
    when: tuple[str, ...] = ()
    where: str = ANY
    if_: dict[str, dict[str, str]] = field(default_factory=dict)


UNTAGGED = {"Null": {"aws:ResourceTag/gpuinfra:stack": "true"}}
# Nobody else's session: its id begins with whose it is.
OWN_SESSIONS = Right(
    sid="SessionEnd",
    actions="ssm:ResumeSession ssm:TerminateSession",
    on=("{sessions}${{aws:userid}}-*", "{sessions}${{aws:username}}-*"),
    when=("ssm",),
)

RIGHTS = (
    # --- to look, which knows no resources; `leaks` looks in all regions ---
    Right(
        sid="Look",
        actions="ec2:DescribeAddresses ec2:DescribeImages ec2:DescribeInstances"
        " ec2:DescribeInstanceTypeOfferings ec2:DescribeInstanceTypes ec2:DescribeInternetGateways"
        " ec2:DescribeKeyPairs ec2:DescribeLaunchTemplates ec2:DescribeNatGateways"
        " ec2:DescribeNetworkInterfaces ec2:DescribeRegions ec2:DescribeRouteTables"
        " ec2:DescribeSecurityGroupRules ec2:DescribeSecurityGroups ec2:DescribeSnapshots"
        " ec2:DescribeSpotInstanceRequests ec2:DescribeSpotPriceHistory ec2:DescribeSubnets ec2:DescribeTags"
        " ec2:DescribeVolumes ec2:DescribeVolumesModifications ec2:DescribeVpcEndpoints ec2:DescribeVpcs"
        " budgets:ViewBudget iam:ListInstanceProfiles iam:ListRoles pricing:GetProducts"
        " scheduler:ListScheduleGroups tag:GetResources",
    ),
    # what an account is like, and may have: `plan` and `up` ask before anything is made
    Right(
        sid="Look",
        actions="account:GetAccountInformation aws-marketplace:SearchAgreements ec2:GetAllowedImagesSettings"
        " freetier:GetAccountPlanState servicequotas:GetAWSDefaultServiceQuota"
        " servicequotas:GetServiceQuota servicequotas:ListRequestedServiceQuotaChangeHistory",
    ),
    Right(sid="Quota", actions="servicequotas:RequestServiceQuotaIncrease", on=("{quotas}ec2/*",)),
    Right(sid="Look", actions="ec2:DescribeAddressesAttribute", when=("elastic_ip", "own_network")),
    Right(sid="Look", actions="ec2:DescribeInstanceCreditSpecifications", when=("burstable",)),
    Right(sid="Look", actions="ec2:DescribeCapacityReservations", when=("reservation",)),
    Right(
        sid="Look",
        actions="ec2:DescribeNetworkAcls ec2:DescribePrefixLists",
        when=("own_network",),
    ),
    # of a host that lives and gets another instance_profile
    Right(sid="Look", actions="ec2:DescribeIamInstanceProfileAssociations"),
    Right(sid="Look", actions="iam:GetInstanceProfile iam:GetRole", on=("{iam}*",)),
    # whose they are, all stacks' and all regions': a name alone does not say it
    Right(
        sid="LookWhose",
        actions="budgets:ListTagsForResource scheduler:ListTagsForResource",
        on=("{budgets}budget/*", "{arn}:scheduler:*:*:schedule-group/*"),
    ),
    # --- the host ---
    Right(sid="Launch", actions="ec2:RunInstances", on=("{ec2}instance/*", "{ec2}volume/*"), where=NEW),
    Right(
        sid="LaunchFrom",
        actions="ec2:RunInstances",
        on=("{image}image/*", "{ec2}network-interface/*", "{ec2}subnet/*"),
    ),
    Right(
        sid="LaunchIn",
        actions="ec2:RunInstances",
        on=("{ec2}capacity-reservation/*",),
        when=("reservation",),
    ),
    Right(sid="LaunchWithKey", actions="ec2:RunInstances", on=("{ec2}key-pair/{key}",), when=("given_key",)),
    Right(
        sid="LaunchInGroup", actions="ec2:RunInstances", on=("{ec2}security-group/*",), when=("given_groups",)
    ),
    # of others' hosts it would tell the user data
    Right(
        sid="Run",
        actions="ec2:DescribeInstanceAttribute ec2:GetConsoleOutput ec2:ModifyInstanceAttribute"
        " ec2:ModifyVolume ec2:ReplaceIamInstanceProfileAssociation ec2:StartInstances ec2:StopInstances"
        " ec2:TerminateInstances",
        on=HERE,
        where=OURS,
    ),
    Right(sid="Run", actions="ec2:RunInstances", on=HERE, when=("own_key", "own_group"), where=OURS),
    # --- tags: of what is made, by the call that makes it; later only of what is ours ---
    Right(
        sid="TagNew",
        actions="ec2:CreateTags",
        on=HERE,
        where=NEW,
        if_={"Null": {"ec2:CreateAction": "false"}},
    ),
    Right(sid="Run", actions="ec2:CreateTags ec2:DeleteTags", on=HERE, where=OURS),
    # `recover` gives the disk its tags anew; AWS makes a network's default group without any
    Right(sid="TagFirst", actions="ec2:CreateTags", on=("{ec2}volume/*",), where=NEW, if_=UNTAGGED),
    Right(
        sid="TagFirst",
        actions="ec2:CreateTags",
        on=("{ec2}security-group/*",),
        when=("own_network",),
        where=NEW,
        if_=UNTAGGED,
    ),
    # --- its key pair, its security group ---
    Right(
        sid="Make", actions="ec2:ImportKeyPair", on=("{ec2}key-pair/{name}*",), when=("own_key",), where=NEW
    ),
    Right(sid="Run", actions="ec2:DeleteKeyPair", on=HERE, when=("own_key",), where=OURS),
    Right(
        sid="MakeGroup",
        actions="ec2:CreateSecurityGroup",
        on=("{ec2}security-group/*",),
        when=("own_group", "own_network"),
        where=NEW,
    ),
    Right(sid="MakeIn", actions="ec2:CreateSecurityGroup", on=("{ec2}vpc/*",), when=("own_group",)),
    Right(
        sid="MakeRule",
        actions="ec2:AuthorizeSecurityGroupEgress ec2:AuthorizeSecurityGroupIngress",
        on=("{ec2}security-group-rule/*",),
        when=("own_group",),
        where=NEW,
    ),
    Right(
        sid="Run",
        actions="ec2:AuthorizeSecurityGroupEgress ec2:AuthorizeSecurityGroupIngress ec2:DeleteSecurityGroup",
        on=HERE,
        when=("own_group",),
        where=OURS,
    ),
    # a rule that somebody has changed by hand
    Right(sid="Run", actions="ec2:ModifySecurityGroupRules", on=HERE, when=("own_group",), where=OURS),
    Right(
        sid="Run",
        actions="ec2:RevokeSecurityGroupEgress ec2:RevokeSecurityGroupIngress",
        on=HERE,
        when=("own_group", "own_network"),
        where=OURS,
    ),
    # --- its role, its instance profile ---
    Right(
        sid="Roles",
        actions="iam:CreateRole iam:DeleteRole iam:DeleteRolePolicy iam:DetachRolePolicy iam:GetRolePolicy"
        " iam:ListAttachedRolePolicies iam:ListInstanceProfilesForRole iam:ListRolePolicies iam:PutRolePolicy"
        " iam:TagRole iam:UntagRole",
        on=("{iam}role/{prefix}*",),
        when=("own_role", "lease"),
    ),
    Right(
        sid="Profiles",
        actions="iam:AddRoleToInstanceProfile iam:CreateInstanceProfile iam:DeleteInstanceProfile"
        " iam:RemoveRoleFromInstanceProfile iam:TagInstanceProfile iam:UntagInstanceProfile",
        on=("{iam}instance-profile/{prefix}*",),
        when=("own_role",),
    ),
    Right(
        sid="HandToHost",
        actions="iam:PassRole",
        on=("{iam}role/{prefix}*",),
        when=("own_role",),
        if_={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    ),
    # the role in a profile of the account's own has a name of its own
    Right(
        sid="HandToHost",
        actions="iam:PassRole",
        on=("{iam}role/*",),
        when=("given_profile",),
        if_={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    ),
    # --- an address that stays ---
    Right(
        sid="Make",
        actions="ec2:AllocateAddress",
        on=("{ec2}elastic-ip/*",),
        when=("elastic_ip", "own_network"),
        where=NEW,
    ),
    Right(
        sid="Run",
        actions="ec2:AssociateAddress ec2:DisassociateAddress ec2:ReleaseAddress",
        on=HERE,
        when=("elastic_ip",),
        where=OURS,
    ),
    # --- a network of its own ---
    Right(
        sid="Make",
        actions="ec2:CreateInternetGateway ec2:CreateNatGateway ec2:CreateRouteTable ec2:CreateSubnet"
        " ec2:CreateVpc ec2:CreateVpcEndpoint",
        on=("{ec2}*/*",),
        when=("own_network",),
        where=NEW,
    ),
    Right(
        sid="Run",
        actions="ec2:AssociateRouteTable ec2:AttachInternetGateway ec2:CreateNatGateway ec2:CreateRoute"
        " ec2:CreateRouteTable ec2:CreateSubnet ec2:CreateVpcEndpoint ec2:DeleteInternetGateway"
        " ec2:DeleteNatGateway ec2:DeleteRoute ec2:DeleteRouteTable ec2:DeleteSubnet ec2:DeleteVpc"
        " ec2:DeleteVpcEndpoints ec2:DescribeVpcAttribute ec2:DetachInternetGateway"
        " ec2:DisassociateAddress ec2:DisassociateRouteTable"
        " ec2:ModifySubnetAttribute ec2:ModifyVpcAttribute ec2:ReleaseAddress",
        on=HERE,
        when=("own_network",),
        where=OURS,
    ),
    # --- Session Manager, and the image that AWS names in a parameter ---
    Right(
        sid="Session",
        actions="ssm:SendCommand ssm:StartSession",
        on=("{ec2}instance/*",),
        when=("ssm",),
        where=SESSION,
    ),
    Right(
        sid="SessionBy",
        actions="ssm:SendCommand ssm:StartSession",
        on=("{ssm}document/AWS-RunShellScript", "{ssm}document/AWS-StartSSHSession"),
        when=("ssm",),
    ),
    OWN_SESSIONS,
    Right(sid="Look", actions="ssm:GetCommandInvocation", when=("ssm",)),
    Right(
        sid="Parameter",
        actions="ssm:GetParameter",
        on=("{ssm}parameter/aws/service/deeplearning/*",),
        when=("aws_nvidia",),
    ),
    # --- the lease: a group of schedules, and the role by which they stop the host ---
    Right(
        sid="Lease",
        actions="scheduler:CreateSchedule scheduler:DeleteSchedule scheduler:GetSchedule"
        " scheduler:UpdateSchedule",
        on=("{scheduler}schedule/{name}-*/*",),
        when=("lease",),
    ),
    Right(
        sid="LeaseGroup",
        actions="scheduler:CreateScheduleGroup scheduler:DeleteScheduleGroup scheduler:GetScheduleGroup"
        " scheduler:TagResource scheduler:UntagResource",
        on=("{scheduler}schedule-group/{name}-*",),
        when=("lease",),
    ),
    Right(
        sid="HandToLease",
        actions="iam:PassRole",
        on=("{iam}role/{prefix}*",),
        when=("lease",),
        if_={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
    ),
    # --- mails about the bill ---
    Right(
        sid="Budget",
        actions="budgets:ModifyBudget budgets:TagResource budgets:UntagResource",
        on=("{budgets}budget/{name}-*",),
        when=("budget",),
    ),
    # --- a disk under a key of the account's own, which EC2 uses for the caller ---
    Right(
        sid="Key",
        actions="kms:CreateGrant kms:Decrypt kms:DescribeKey kms:GenerateDataKeyWithoutPlaintext"
        " kms:ReEncryptFrom kms:ReEncryptTo",
        on=("{kms}",),
        when=("kms",),
        if_={"StringEquals": {"kms:ViaService": "ec2.{region}.amazonaws.com"}},
    ),
    # --- the spot market: AWS makes its role at the account's first request ---
    Right(
        sid="Spot",
        actions="iam:CreateServiceLinkedRole",
        on=("{iam}role/aws-service-role/spot.amazonaws.com/*",),
        when=("spot",),
        if_={"StringEquals": {"iam:AWSServiceName": "spot.amazonaws.com"}},
    ),
    # --- a stopped host that comes back elsewhere: by an image of its disk ---
    Right(sid="Copy", actions="ec2:CreateImage", on=("{image}image/*", "{image}snapshot/*"), where=NEW),
    Right(sid="Run", actions="ec2:CreateImage", on=HERE, where=OURS),
    Right(
        sid="CopyGone",
        actions="ec2:DeleteSnapshot ec2:DeregisterImage",
        on=("{image}image/*", "{image}snapshot/*"),
        where=OURS,
    ),
    # --- a start that AWS makes later, by a state machine with a role of its own ---
    # whatever is chosen, `stop` and `start` look whether AWS would start the host
    Right(sid="Look", actions="states:ListStateMachines"),
    Right(
        sid="StartLater",
        actions="states:CreateStateMachine states:DeleteStateMachine states:ListExecutions"
        " states:StartExecution states:StopExecution states:TagResource",
        on=("{states}execution:{prefix}start-*", "{states}stateMachine:{prefix}start-*"),
        when=("own_role", "lease"),
    ),
    Right(
        sid="HandToStart",
        actions="iam:PassRole",
        on=("{iam}role/{prefix}start-*",),
        when=("own_role", "lease"),
        if_={"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}},
    ),
    # --- leftovers: what `down`, `recover` and `leaks --delete` remove beside the stack as it is; the last is
    # of a host of an earlier version ---
    Right(
        sid="Run",
        actions="ec2:CancelSpotInstanceRequests ec2:DeleteLaunchTemplate ec2:DeleteNetworkInterface"
        " ec2:DeleteVolume ec2:UnmonitorInstances",
        on=HERE,
        where=OURS,
    ),
    # --- AWS Deep Learning Containers: `dlc list`, in AWS's own registries ---
    Right(sid="Containers", actions="ecr:DescribeImages", on=("{arn}:ecr:*:*:repository/*",)),
)
