"""Starts that AWS makes later, by our own calls against the simulated API."""

import dataclasses
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from gpuinfra.features.leaks.known import Known
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.later_start import LaterStart
from gpuinfra.ground.tagged import GLOBAL
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import REGION, Simulator
from gpuinfra.tools.aws.later_starts import StateMachines
from gpuinfra.tools.aws.leaks import TagSearch
from tests.fakes.world import SETTINGS
from tests.simulator.aws import client, describe, launch
from tests.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

NO_CAPACITY = Fault(match="StartInstances", status=500, code="InsufficientInstanceCapacity", count=None)


@pytest.fixture
def starts(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> StateMachines:
    """Our adapter, pointed at the simulator."""
    for name, value in sim.env({}).items():
        monkeypatch.setenv(name, value)
    return StateMachines(REGION, SETTINGS, sleep=lambda _: None)


def stopped(ec2: "EC2Client") -> Any:
    """Return a host that somebody has stopped."""
    made = launch(ec2)["InstanceId"]
    ec2.stop_instances(InstanceIds=[made])
    return describe(ec2, made)


def asked(host: Any, hours: float = 12) -> LaterStart:
    """Return the start of a host."""
    return LaterStart(
        stack="default",
        instance_id=host["InstanceId"],
        launched=host["LaunchTime"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        until=time.time() + hours * 3600,
        tags=SETTINGS.tags.as_dict(),
    )


def state(ec2: "EC2Client", host: Any) -> str:
    """Return the state of a host now."""
    return str(describe(ec2, host["InstanceId"])["State"]["Name"])


@pytest.mark.parametrize("end", ["notes", "nan", "1e9"])
def test_a_machine_of_somebody_elses_is_none_of_ours(
    end: str, starts: StateMachines, sim: Simulator, ec2: "EC2Client"
) -> None:
    """Whatever its name has in common with ours: it is neither counted nor ended."""
    host, states = stopped(ec2), client("stepfunctions", sim)
    name = f"gpuinfra-default-start-{host['InstanceId']}-{end}"
    role = "arn:aws:iam::123456789012:role/other"
    states.create_state_machine(name=name, definition=json.dumps({"States": {}}), roleArn=role)
    assert (starts.until("default", host["InstanceId"]), starts.end("default", host["InstanceId"])) == (
        None,
        False,
    )
    assert [it["name"] for it in states.list_state_machines()["stateMachines"]] == [name]


def test_a_host_is_started_once_there_is_capacity(
    starts: StateMachines, sim: Simulator, ec2: "EC2Client"
) -> None:
    """It waits meanwhile; afterwards the machine is gone, and a stop stays one."""
    host = stopped(ec2)
    sim.fault(NO_CAPACITY)
    start = asked(host)
    starts.begin(start)
    wait_until(lambda: sim.calls("StartInstances"), "the first try")
    assert starts.until("default", host["InstanceId"]) == int(start.until)
    assert starts.until("other", host["InstanceId"]) is None
    sim.clear_faults()
    sim.schedules_ahead(301)
    wait_until(lambda: state(ec2, host) == "running", "the second try")
    sim.schedules_ahead(500)
    wait_until(lambda: "state_machines" not in sim.leftovers(), "the machine is gone")
    assert starts.until("default", host["InstanceId"]) is None
    assert sim.events()[-1]["by"] == "scheduler"


def test_who_stops_waiting_leaves_nothing(starts: StateMachines, sim: Simulator, ec2: "EC2Client") -> None:
    """Neither machine nor role; a second end ends nothing."""
    host = stopped(ec2)
    sim.fault(NO_CAPACITY)
    before = sim.leftovers()
    starts.begin(asked(host))
    starts.begin(asked(host, hours=2))
    assert len(sim.leftovers()["state_machines"]) == 1, "the second replaces the first"
    assert starts.end("default", host["InstanceId"])
    assert sim.leftovers() == before
    assert not starts.end("default", host["InstanceId"])


def test_the_right_goes_before_the_machine(starts: StateMachines, sim: Simulator, ec2: "EC2Client") -> None:
    """A try that is on its way meanwhile is refused."""
    host = stopped(ec2)
    sim.fault(NO_CAPACITY)
    starts.begin(asked(host))
    starts.end("default", host["InstanceId"])
    actions = [call.action for call in sim.calls()]
    assert actions.index("DeleteRolePolicy") < actions.index("StopExecution") < actions.index("DeleteRole")


def test_the_role_may_start_this_one_host_and_no_longer(
    starts: StateMachines, sim: Simulator, ec2: "EC2Client"
) -> None:
    """Least privilege: one instance, one action, until the time."""
    host = stopped(ec2)
    sim.fault(NO_CAPACITY)
    iam = client("iam", sim)
    anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": anything})
    boundary = iam.create_policy(PolicyName="edge", PolicyDocument=document)["Policy"]["Arn"]
    starts.begin(dataclasses.replace(asked(host), boundary_arn=boundary))
    (role,) = [it["RoleName"] for it in iam.list_roles()["Roles"] if "-start-" in it["RoleName"]]
    policy = iam.get_role_policy(RoleName=role, PolicyName="start-later")["PolicyDocument"]
    (allowed,) = [it for it in policy["Statement"] if it["Action"] == "ec2:StartInstances"]
    assert allowed["Resource"].endswith(f":instance/{host['InstanceId']}")
    assert "DateLessThan" in allowed["Condition"]
    made = iam.get_role(RoleName=role)["Role"]
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary, "an account may demand it"
    trust = made["AssumeRolePolicyDocument"]["Statement"][0]
    assert trust["Condition"]["ArnLike"]["aws:SourceArn"].endswith(f"{host['InstanceId']}*")


def test_what_starts_a_host_is_no_leak_while_the_host_is_recorded(
    starts: StateMachines, sim: Simulator, ec2: "EC2Client"
) -> None:
    """Its role says by its name whom it starts; of a host that nobody records it is one."""
    host = stopped(ec2)
    sim.fault(NO_CAPACITY)
    starts.begin(asked(host))
    (role,) = [it for it in TagSearch(REGION).in_account().things if it.kind == "aws_iam_role"]
    assert role.made_for == host["InstanceId"]
    assert Known(ids=frozenset({(GLOBAL, host["InstanceId"])})).has(role)
    assert not Known(ids=frozenset({(GLOBAL, "i-0")})).has(role)


def test_who_may_not_list_machines_is_told_of_none(
    starts: StateMachines, sim: Simulator, ec2: "EC2Client"
) -> None:
    """Most users never wait, and have no right for it: their `stop` and `status` work."""
    sim.fault(Fault(match="states:ListStateMachines", status=400, code="AccessDeniedException", count=None))
    assert starts.until("default", "i-1") is None
    assert not starts.end("default", "i-1")


def test_a_refusal_to_begin_is_told(starts: StateMachines, sim: Simulator, ec2: "EC2Client") -> None:
    """With what has to be allowed."""
    sim.fault(Fault(match="states:CreateStateMachine", status=400, code="AccessDeniedException", count=None))
    with pytest.raises(CloudError, match="states:CreateStateMachine"):
        starts.begin(asked(stopped(ec2)))


def test_a_role_that_is_not_known_everywhere_yet_is_waited_for(
    starts: StateMachines, sim: Simulator, ec2: "EC2Client"
) -> None:
    """IAM takes seconds for that."""
    words = "Neither the global service principal nor the regional one is authorized to assume the role"
    sim.fault(
        Fault(match="states:CreateStateMachine", status=400, code="AccessDeniedException", message=words)
    )
    starts.begin(asked(stopped(ec2)))
    assert len(sim.calls("CreateStateMachine")) == 2
