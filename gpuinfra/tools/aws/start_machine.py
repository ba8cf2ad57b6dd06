"""What AWS does to start a stopped host later, as a state machine of Step Functions. Pure.

Why no schedule: one that calls StartInstances each 5 minutes would start the host again after somebody has
stopped it. This machine looks first: it starts a host only while EC2 shows the very start time that it had
when the user asked. Once the host has run, by whomever, that time is another one, and the machine ends.
So it starts the host once at most, and never after a stop.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

EVERY_S = 300
# After EC2 has said yes: where it then finds no capacity the host is stopped again within this time.
SETTLED_S = 120
FIRST = "$.Reservations[0].Instances[0]"
# EC2 said yes, and found no capacity after all: nobody has stopped the host.
NO_CAPACITY = "Server.InsufficientInstanceCapacity"
LIST = "$.Reservations[0].Instances[*]"


def definition(*, partition: str, instance_id: str, launched: str, until: float, now: float) -> str:
    """Return the machine in the Amazon States Language; times in seconds since 1970.

    launched: the last start of the host, ISO 8601 in UTC, as EC2 told it when the user asked.
    """
    call, host = f"arn:{partition}:states:::aws-sdk:", {"InstanceIds": [instance_id]}
    again = [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Wait"}]
    start = {"Type": "Task", "Resource": f"{call}ec2:startInstances", "Parameters": host, "ResultPath": None}
    delete = {
        "Type": "Task",
        "Resource": f"{call}sfn:deleteStateMachine",
        "Parameters": {"StateMachineArn.$": "$$.StateMachine.Id"},
        "End": True,
    }
    end = _iso(datetime.fromtimestamp(until, UTC))
    states = {
        "Look": {**_look(call, host), "Catch": again, "Next": "Decide"},
        "Decide": {"Type": "Choice", "Choices": _choices(launched, end), "Default": "Gone"},
        "Start": {**start, "Catch": again, "Next": "Settle"},
        "Settle": {"Type": "Wait", "Seconds": SETTLED_S, "Next": "Look"},
        "Wait": {"Type": "Wait", "Seconds": EVERY_S, "Next": "Look"},
        "Gone": delete,
    }
    whole = {
        "Comment": f"gpuinfra: starts {instance_id} once EC2 has capacity, until {end}",
        "StartAt": "Look",
        # Should a look at the time fail: nothing runs for ever.
        "TimeoutSeconds": int(until - now) + 2 * EVERY_S,
        "States": states,
    }
    return json.dumps(whole)


def _look(call: str, host: dict[str, Any]) -> dict[str, Any]:
    """Return the state that asks EC2 how the host is."""
    return {
        "Type": "Task",
        "Resource": f"{call}ec2:describeInstances",
        "Parameters": host,
        "ResultSelector": {
            "state.$": f"{FIRST}.State.Name",
            "launched.$": f"{FIRST}.LaunchTime",
            "reasons.$": f"{LIST}.StateReason.Code",
        },
        "ResultPath": "$.now",
    }


def _choices(launched: str, end: str) -> list[dict[str, Any]]:
    """Return what follows from how the host is; else the machine ends."""
    is_stopped = {"Variable": "$.now.state", "StringEquals": "stopped"}
    is_stopping = {"Variable": "$.now.state", "StringEquals": "stopping"}
    # EC2's start times are whole seconds, and grow.
    since = datetime.fromisoformat(launched.replace("Z", "+00:00")) + timedelta(seconds=1)
    never_ran = {"Variable": "$.now.launched", "TimestampLessThan": _iso(since)}
    late = [
        {"Variable": "$.now.reasons[0]", "IsPresent": True},
        {"Variable": "$.now.reasons[0]", "StringEquals": NO_CAPACITY},
    ]
    return [
        {"Variable": "$$.State.EnteredTime", "TimestampGreaterThanEquals": end, "Next": "Gone"},
        {"And": [is_stopped, never_ran], "Next": "Start"},
        {"And": [is_stopped, *late], "Next": "Start"},
        {"And": [is_stopping, never_ran], "Next": "Wait"},
    ]


def trust(*, partition: str, region: str, account: str, name: str) -> str:
    """Return who may use the role: Step Functions, for machines of this name in this account."""
    arn = f"arn:{partition}:states:{region}:{account}:stateMachine:{name}*"
    # Without it machines of other accounts could use the role (the confused deputy):
    # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
    condition = {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": arn}}
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "states.amazonaws.com"},
        "Condition": condition,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def rights(*, partition: str, region: str, account: str, name: str, instance_id: str, until: float) -> str:
    """Return what the role may do: start this one host, until then; and delete the machine."""
    where = f"{region}:{account}"
    end = _iso(datetime.fromtimestamp(until, UTC))
    machine = f"arn:{partition}:states:{where}:stateMachine:{name}*"
    by_ec2 = {
        "Bool": {"kms:GrantIsForAWSResource": "true"},
        "StringEquals": {"kms:ViaService": f"ec2.{region}.amazonaws.com"},
    }
    statements = [
        {
            "Effect": "Allow",
            "Action": "ec2:StartInstances",
            "Resource": f"arn:{partition}:ec2:{where}:instance/{instance_id}",
            "Condition": {"DateLessThan": {"aws:CurrentTime": end}},
        },
        {"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "*"},
        {"Effect": "Allow", "Action": "states:DeleteStateMachine", "Resource": machine},
        # A disk with a key of the account's own: EC2 has to be let use it.
        {"Effect": "Allow", "Action": "kms:CreateGrant", "Resource": "*", "Condition": by_ec2},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
