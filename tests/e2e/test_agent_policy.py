"""An agent under `policy --agent` works with the host, and cannot lift the ceiling, nor delete data."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gpuinfra.ground.model import Tags
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.e2e.hostile_agent import Target, tries
from tests.e2e.policy_day import held
from tests.e2e.policy_day import refused as refusals
from tests.e2e.test_policy import edit
from tests.simulator.aws import client
from tests.simulator.leaks import plant_host
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e
KEY, DAY_S = "agent", 24 * 3600.0
DENIED = {"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"}
BOBS = Tags(project="gpuinfra", stack="default", owner="bob")


def target(cli: Cli, sim: Simulator) -> Target:
    """Return what there is; a host of bob's is made, his stack is called default, too."""
    output, ec2, scheduler = cli.json("output"), client("ec2", sim), client("scheduler", sim)
    (group,) = (
        g["Name"] for g in scheduler.list_schedule_groups()["ScheduleGroups"] if g["Name"] != "default"
    )
    (name,) = (
        s["Name"]
        for s in scheduler.list_schedules(GroupName=group)["Schedules"]
        if s["Name"].startswith("stop")
    )
    host = ec2.describe_instances(InstanceIds=[output["instance_id"]])["Reservations"][0]["Instances"][0]
    schedule = scheduler.get_schedule(Name=name, GroupName=group)
    return Target(
        host=host["InstanceId"],
        disk=output["root_volume_id"],
        group=host["SecurityGroups"][0]["GroupId"],
        profile=host["IamInstanceProfile"]["Arn"].rpartition("/")[2],
        lease_group=group,
        lease_role=schedule["Target"]["RoleArn"].rpartition("/")[2],
        schedule=schedule,
        other=plant_host(ec2, BOBS),
    )


def bring_forward(sim: Simulator, it: Target) -> None:
    """Let the lease end five minutes sooner: each start is billed for a minute, and this host is on for less.

    Who may not move the end starts a host only where it is early enough.
    """
    kept = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target", "State")
    sooner = it.schedule["StartDate"] - timedelta(minutes=5)
    client("scheduler", sim).update_schedule(**{key: it.schedule[key] for key in kept}, StartDate=sooner)


def state(sim: Simulator, it: Target) -> dict[str, Any]:
    """Return all that an attack could have changed."""
    ec2, scheduler = client("ec2", sim), client("scheduler", sim)
    schedule = scheduler.get_schedule(Name=it.schedule["Name"], GroupName=it.lease_group)
    hosts = ec2.describe_instances(InstanceIds=[it.host, it.other])["Reservations"]
    return {
        "left": sim.leftovers(),
        "schedule": {key: schedule[key] for key in ("StartDate", "State", "Target", "ScheduleExpression")},
        "hosts": [(i["InstanceType"], i["State"]["Name"], i["Tags"]) for r in hosts for i in r["Instances"]],
    }


def test_an_agent_works_and_has_no_escape(cli: Cli, sim: Simulator, installed: Path) -> None:
    """Status, stop and start by our commands; each hostile call is refused, and nothing has changed."""
    edit(cli, "max_usd = 20")
    cli.ok("up", "--yes")
    it = target(cli, sim)
    bring_forward(sim, it)
    with held(cli, sim, installed, "--agent", key=KEY) as (agent, _):
        assert agent.json("status")["instance"]["state"] == "running"
        agent.ok("cost")
        agent.ok("lease")
        agent.ok("events")
        agent.ok("stop", "--yes")
        agent.ok("start")
        assert {call.rpartition("/")[0] for call in refusals(sim, KEY)} <= {"scheduler:PUT /schedules"}
        refused(agent.run("resize", "g5.xlarge", "--yes"), 4, "may not do")
        refused(agent.run("lease", "extend", "--usd", "99", "--yes"), 4, "may not do")
        refused(agent.run("down", "--yes"), 4, "may not do")

    before = state(sim, it)
    clients = {service: client(service, sim, key=KEY) for service, _, _ in tries(it)}
    let_in = []
    for service, operation, arguments in tries(it):
        try:
            getattr(clients[service], operation)(**arguments)
            let_in.append(f"{service}.{operation} {arguments}")
        except ClientError as error:
            code = error.response["Error"]["Code"]
            let_in += [] if code in DENIED else [f"{service}.{operation}: {code}"]
    assert let_in == []
    assert state(sim, it) == before

    sim.schedules_ahead(30 * DAY_S)
    wait_until(lambda: sim.events()[-1]["state"] == "stopped", "the end of the lease")
    client("ec2", sim, key=KEY).start_instances(InstanceIds=[it.host])
    sim.schedules_ahead(30 * DAY_S + 61)
    wait_until(lambda: sim.events()[-1]["state"] == "stopped", "the stop of a start after the end")
