"""A lease by real Terraform against the simulated EC2 and scheduler: what AWS ends, what a user is told."""

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.simulator.aws import client
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e
DAY_S = 24 * 3600.0


def with_lease(cli: Cli, line: str = "max_usd   = 20") -> None:
    """Make a host with a lease."""
    name = line.split()[0]
    cli.edit(next(it for it in (f"{name}   = null", f"{name} = null") if it in _tfvars(cli)), line)
    cli.ok("up", "--yes")


def _tfvars(cli: Cli) -> str:
    return (cli.directory / "terraform.tfvars").read_text()


def is_settled(cli: Cli) -> bool:
    """Tell whether an apply would do nothing."""
    plan = cli.json("plan")
    return plan["changes"] == [] and not plan["outputs_changed"]


def ends_at(sim: Simulator) -> dict[str, float]:
    """Return when each stage begins, by its name, in seconds since 1970."""
    scheduler = client("scheduler", sim)
    found = {}
    for one in scheduler.list_schedules()["Schedules"]:
        whole = scheduler.get_schedule(Name=one["Name"], GroupName=one["GroupName"])
        found[one["Name"].rsplit("-", 1)[0]] = whole["StartDate"].timestamp()
    return found


def test_aws_ends_the_host_and_a_start_after_it(cli: Cli, sim: Simulator) -> None:
    """The first stop is lost, a start from the console comes after the end: off a minute later, each time."""
    with_lease(cli)
    assert is_settled(cli), "each apply would begin the lease anew"
    assert "of 20.00 USD; AWS stops the host " in cli.ok("status")
    assert cli.json("lease")["state"] == "runs"
    (instance,) = {event["instance_id"] for event in sim.events()}
    sim.fault(Fault(match="StopInstances", status=500, code="InternalError"))
    sim.schedules_ahead(30 * DAY_S)
    wait_until(lambda: sim.calls("StopInstances"), "the call that is lost")
    sim.schedules_ahead(30 * DAY_S + 61)
    wait_until(lambda: sim.events()[-1]["state"] == "stopped", "the second call")
    client("ec2", sim).start_instances(InstanceIds=[instance])
    sim.schedules_ahead(30 * DAY_S + 122)
    wait_until(lambda: sim.events()[-1]["state"] == "stopped", "a stop after the end")
    assert [(it["state"], it["by"]) for it in sim.events()][-3:] == [
        ("stopped", "scheduler"),
        ("running", "api"),
        ("stopped", "scheduler"),
    ]
    assert cli.json("plan")["changes"] == [], "only its address is another one"
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


def test_the_lease_of_a_spot_host_terminates_it(cli: Cli, sim: Simulator) -> None:
    """EC2 refuses to stop one: with the call of an on-demand host it would run for ever."""
    cli.edit('market = "on-demand"', 'market = "spot"')
    with_lease(cli)
    assert "of 20.00 USD; AWS terminates the spot host " in cli.ok("status")
    sim.schedules_ahead(30 * DAY_S)
    wait_until(lambda: sim.events()[-1]["state"] == "terminated", "the end of the lease")
    assert sim.events()[-1]["by"] == "scheduler"
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


def test_the_end_follows_stops_starts_types_and_the_sum(cli: Cli, sim: Simulator) -> None:
    """A dearer type ends sooner, ten dollars more end later; the plan is empty after each."""
    with_lease(cli)
    first = ends_at(sim)
    assert first["cut-off"] - first["stop"] == pytest.approx(600, abs=1)
    cli.ok("stop", "--yes")
    assert "once started the host may run for" in cli.ok("lease")
    cli.ok("start")
    cli.ok("resize", "g5.xlarge", "--yes")
    dearer = ends_at(sim)
    assert dearer["stop"] < first["stop"] - 4 * 3600
    refused(
        cli.run("lease", "extend", "--usd", "10"), 2, "lease: 20.00 USD -> 30.00 USD: the host may run for"
    )
    assert "max_usd   = 20" in _tfvars(cli), "it was not agreed to"
    cli.ok("lease", "extend", "--usd", "10", "--yes")
    longer = ends_at(sim)
    assert longer["stop"] > dearer["stop"] + 4 * 3600
    assert longer["cut-off"] - longer["stop"] == pytest.approx(600, abs=1)
    assert is_settled(cli)
    refused(
        cli.run("lease", "--stack", "b", "extend", "--usd", "1"), 2, "options of `lease extend` come after it"
    )


def test_an_edit_that_was_not_applied_is_no_lease(cli: Cli, sim: Simulator) -> None:
    """A stop and a start renew Terraform's record: they must not raise the sum that was agreed to."""
    cli.ok("up", "--yes")
    cli.edit("max_usd   = null", "max_usd   = 20")
    cli.ok("stop", "--yes")
    assert "has no lease" in cli.run("lease").stderr
    cli.ok("up", "--yes")
    before = ends_at(sim)["stop"]
    cli.edit("max_usd   = 20", "max_usd   = 4000")
    cli.ok("stop", "--yes")
    cli.ok("start")
    assert cli.json("lease")["limit"] == 20
    assert ends_at(sim)["stop"] < before + 3600
    assert "20.00 USD -> 4000.00 USD" in cli.run("plan").stderr


def test_a_schedule_that_somebody_removed_is_made_again(cli: Cli, sim: Simulator) -> None:
    """`status` tells it, nothing is started without it, `up` makes it; `down` finds what a kill left."""
    with_lease(cli, "max_hours = 10")
    scheduler = client("scheduler", sim)
    for one in scheduler.list_schedules()["Schedules"]:
        scheduler.delete_schedule(Name=one["Name"], GroupName=one["GroupName"])
    assert "AWS has no schedule of it: nothing would end the host; gpuinfra up" in cli.ok("status")
    cli.ok("stop", "--yes")
    refused(cli.run("start"), 5, "AWS has no schedule of its lease any more", "next: gpuinfra up")
    cli.ok("up", "--yes")
    assert set(ends_at(sim)) == {"stop", "cut-off"}
    assert "of 10.00 hours; AWS stops the host " in cli.ok("status")
    names = ("Name", "GroupName", "ScheduleExpression", "StartDate", "FlexibleTimeWindow", "Target")
    for one in scheduler.list_schedules()["Schedules"]:
        told = scheduler.get_schedule(Name=one["Name"], GroupName=one["GroupName"])
        scheduler.update_schedule(**{name: told[name] for name in names}, State="DISABLED")
    assert "nothing would end the host; gpuinfra up" in cli.ok("status"), "somebody has switched it off"
    cli.ok("up", "--yes")
    assert {one["State"] for one in scheduler.list_schedules()["Schedules"]} == {"ENABLED"}

    (cli.directory / "terraform.tfstate").unlink()
    cli.ok("recover", "--yes")
    assert len(scheduler.list_schedules()["Schedules"]) == 2, "the old lease would end the host, too"
    assert is_settled(cli)
    scheduler.create_schedule_group(
        Name="gpuinfra-default-of-a-killed-run",
        Tags=scheduler.list_tags_for_resource(ResourceArn=_group_arn(sim))["Tags"],
    )
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


def _group_arn(sim: Simulator) -> str:
    groups = client("scheduler", sim).list_schedule_groups(NamePrefix="gpuinfra-")["ScheduleGroups"]
    return str(groups[0]["Arn"])
