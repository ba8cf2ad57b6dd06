"""Quotas by the command line: what lacks is told before anything is made, asked for, granted."""

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused

pytestmark = pytest.mark.e2e
G = "L-DB2E81BA"


def test_a_new_account_gets_its_first_host(cli: Cli, sim: Simulator) -> None:
    """0 vCPUs: refused before anything is made, asked for by one command, and then it is made."""
    sim.quota(G, None)
    says = "quota 0 vCPUs of G and VT on-demand, 0 in use, 4 needed for g4dn.xlarge"
    refused(cli.run("up", "--yes"), 4, says, "next: gpuinfra quota request --type g4dn.xlarge")
    assert sim.leftovers() == {}
    assert not sim.calls("RunInstances")
    assert says in cli.run("plan").stderr
    row = cli.json("quota", "show")["quotas"][0]
    assert (row["code"], row["limit"], row["in_use"]) == (G, 0, 0)
    assert row["hosts"] == [{"instance_type": "g4dn.xlarge", "needed": 4, "missing": 4}]
    refused(cli.run("quota", "request"), 2, "--yes")
    made = cli.json("quota", "request", "--yes")
    assert (made["vcpus"], made["status"], made["is_open"]) == (4, "PENDING", True)
    refused(cli.run("quota", "request", "--yes"), 4, "no further request", "next: gpuinfra quota history")
    sim.quota_answer(G, "APPROVED")
    assert "APPROVED" in cli.ok("quota", "history")
    cli.ok("up", "--yes")
    other = cli.run("quota", "show", "--type", "g5.xlarge")
    assert "4 for g5.xlarge (4 missing)" in other.stdout


def test_without_the_right_up_goes_on(cli: Cli, sim: Simulator) -> None:
    """Not sure is no refusal; `quota show` says what to allow."""
    sim.fault(
        Fault(match="servicequotas:*", status=400, code="AccessDeniedException", message="no", count=None)
    )
    cli.ok("up", "--yes")
    shown = cli.run("quota", "show")
    assert "not sure: allow servicequotas:GetServiceQuota" in shown.stderr
    assert "unknown" in shown.stdout


def test_a_broken_file_is_not_read_as_the_default_region(cli: Cli, sim: Simulator) -> None:
    """Else the quotas of another region would be shown, and more be asked for there; a named one is shown."""
    cli.edit('market = "on-demand"', "market = [")
    refused(cli.run("quota", "show"), 2, "terraform.tfvars")
    refused(cli.run("quota", "request", "--type", "g5.xlarge", "--yes"), 2, "terraform.tfvars")
    assert not sim.calls("RequestServiceQuotaIncrease")
    assert "g5.xlarge" in cli.ok("quota", "show", "--region", "us-west-2", "--type", "g5.xlarge")
