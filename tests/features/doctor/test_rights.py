"""What the caller may do: what is wrong has its one next step, what is not known is not sure."""

import pytest

from gpuinfra.features.doctor import rights
from gpuinfra.features.doctor.finding import BAD, OK, UNSURE, WARN
from gpuinfra.ground.account_facts import AccountPlan, LaunchValues, StackOfTries
from gpuinfra.ground.errors import CloudError, MayNot
from gpuinfra.tools.aws.doctor_rights import GROUP, KEY_PAIR, ON_A_HOST
from tests.fakes.account import IMAGE, FakeAccount
from tests.fakes.world import RECORDED, RUNNING
from tests.features.doctor.situations import Case, asked, denied, named, situation, told

CASES: list[Case] = [
    (rights.hosts, situation(), OK, "nothing was made", ""),
    (
        rights.hosts,
        asked(launch_refusal=denied("ec2:RunInstances"), refusals={"ImportKeyPair": denied("x")}),
        BAD,
        "you may not do ec2:RunInstances, ec2:ImportKeyPair",
        "ask your AWS administrator to allow ec2:RunInstances, ec2:ImportKeyPair",
    ),
    (
        rights.hosts,
        asked(
            launch_refusal=MayNot(
                "you may not do ec2:RunInstances: not authorized on resource: vol/*"
                " with an explicit deny in a service control policy: p-1",
                hint="ask your AWS administrator to lift the explicit deny of ec2:RunInstances in the scp",
            )
        ),
        BAD,
        "may not do ec2:RunInstances on resource: vol/* with an explicit deny in a service control policy",
        "ask your AWS administrator to lift the explicit deny of ec2:RunInstances",
    ),
    (
        rights.hosts,
        situation(FakeAccount(refusals={"StopInstances": denied("x")}), record=RECORDED),
        BAD,
        "you may not do ec2:StopInstances",
        "ask your AWS administrator to allow ec2:StopInstances",
    ),
    (rights.hosts, asked(refusals={"StopInstances": denied("x")}), OK, "once there is one", ""),
    (rights.hosts, asked(refusals={"ImportKeyPair": CloudError("busy")}), OK, "nothing was", ""),
    (
        rights.hosts,
        asked(launch_refusal=denied("ec2:RunInstances on resource: arn:aws:ec2:r:1:security-group/sg-1")),
        UNSURE,
        "the VPC's default group",
        "",
    ),
    (rights.hosts, asked(shown=None), UNSURE, "there is no image to try it with", ""),
    (rights.hosts, asked(launch_refusal=CloudError("odd", hint="do it")), BAD, "refuse this host: odd", "do"),
    (
        rights.hosts,
        asked(launch_refusal=CloudError("odd"), of_plan=AccountPlan(kind="FREE")),
        UNSURE,
        "for another reason",
        "",
    ),
    (rights.role, situation(instance_profile="ml"), OK, "the host gets ml", ""),
    (
        rights.role,
        asked(may={"iam:PassRole": "implicitDeny"}),
        BAD,
        "iam:PassRole",
        "ask your AWS administrator",
    ),
    (rights.role, asked(may={"iam:PassRole": ""}), UNSURE, "iam:PassRole hangs on what", ""),
    (rights.role, asked(refuses={"simulate": denied("iam:Simulate")}), UNSURE, "may not do iam:Sim", ""),
    (rights.reads, situation(region="us-gov-west-1"), OK, "none are needed", ""),
    (rights.reads, situation(max_usd=5.0), OK, "scheduler:ListScheduleGroups", ""),
    (
        rights.reads,
        asked(refuses={"pricing:GetProducts": denied("pricing:GetProducts")}),
        WARN,
        "you may not do pricing:GetProducts",
        "ask your AWS administrator to allow pricing:GetProducts",
    ),
    (rights.reads, asked(refuses={"pricing:GetProducts": CloudError("busy")}), UNSURE, "busy", ""),
]


@pytest.mark.parametrize("case", CASES, ids=named(CASES))
def test_a_check(case: Case) -> None:
    """It tells the state, what was found, and the next step where there is one."""
    told(*case)


@pytest.mark.parametrize(
    ("code", "words", "state"),
    [
        ("VPCIdNotSpecified", "No default VPC for this user.", UNSURE),
        ("UnauthorizedOperation", "no: on resource: arn:aws:ec2:r:1:subnet/subnet-1", UNSURE),
        ("UnauthorizedOperation", "no: on resource: arn:aws:ec2:r:1:volume/*", BAD),
        ("InvalidKMSKey", "no such key", BAD),
    ],
)
def test_a_network_that_is_not_made_yet_cannot_be_tried(code: str, words: str, state: str) -> None:
    """Without it a dry run is about the default VPC, which the host does not come into, or there is none."""
    kind = MayNot if code == "UnauthorizedOperation" else CloudError
    refusal = kind(words, hint="do this")
    refusal.code = code
    it = situation(
        FakeAccount(launch_refusal=refusal), access="ssm", others=LaunchValues(private_network="nat")
    )
    assert rights.hosts(it).state == state


def test_the_launch_that_is_tried_is_the_real_one() -> None:
    """Tags of the user and of ours, the disk, its key, the place: what an account's rules look at."""
    account = FakeAccount()
    others = LaunchValues(tags={"cost": "42"}, kms_key_id="arn:aws:kms:key", zone="us-east-1b")
    rights.hosts(situation(account, others=others, market="spot"))
    (request,) = account.requests
    assert (request.image_id, request.instance_type, request.disk_gb) == ("ami-1", "g4dn.xlarge", 128)
    assert (request.kms_key_id, request.zone, request.spot) == ("arn:aws:kms:key", "us-east-1b", True)
    assert request.tags == {
        "cost": "42",
        "Name": "gpuinfra-default",
        "gpuinfra:project": "gpuinfra",
        "gpuinfra:stack": "default",
        "gpuinfra:owner": "tester",
    }


def test_what_is_not_there_is_told_once() -> None:
    """EC2 refuses the dry run for it, too: that is no second cause."""
    account = FakeAccount(things={"ml": None}, launch_refusal=CloudError("Invalid IAM Instance Profile name"))
    it = situation(account, instance_profile="ml")
    assert rights.hosts(it).state == UNSURE
    assert account.requests[0].instance_profile == "ml"


def test_what_is_tried_is_of_this_stack() -> None:
    """A policy for one stack looks at names, tags and whose host it is: another's would be refused."""
    account = FakeAccount()
    it = situation(account, others=LaunchValues(tags={"cost": "42"}), record=RECORDED)
    rights.hosts(it)
    tags = rights.request(it, IMAGE).tags
    of = StackOfTries(name="gpuinfra-default", tags=tags, host_id=RUNNING.instance_id)
    assert account.tried == dict.fromkeys([GROUP, KEY_PAIR, *ON_A_HOST], of)


def test_what_the_stack_does_not_make_is_not_tried() -> None:
    """Who gives a group and a key pair needs no right to make any; a host that is not there has no tags."""
    account = FakeAccount()
    rights.hosts(situation(account, security_group_ids=("sg-1",), key_name="team"))
    assert account.tried == {}
    assert account.requests[0].security_group_ids == ("sg-1",)
    assert account.requests[0].key_name == "team"


def test_iam_is_asked_about_the_role_that_would_be_made() -> None:
    """By the names, tags and boundary that a policy for this stack allows; on `*` it would look like none."""
    account = FakeAccount()
    arn = "arn:aws:iam::123456789012:policy/boundary"
    rights.role(situation(account, permissions_boundary_arn=arn, stack="x" * 40))
    assert [it.resource for it in account.simulated] == [
        f"arn:aws:iam::123456789012:{kind}/gpuinfra-{'x' * 28}-doctor"
        for kind in ("role", "instance-profile")
    ]
    for it in account.simulated:
        assert it.context["iam:PermissionsBoundary"] == arn
        assert it.context["iam:PassedToService"] == "ec2.amazonaws.com"
        assert it.context["aws:RequestTag/gpuinfra:owner"] == "tester"
