"""A budget by real Terraform: made, changed in place, gone with the stack; what it cannot do is said."""

import pytest

from gpuinfra.simulator.client import Simulator
from tests.e2e.cli import Cli, refused
from tests.simulator.aws import client

pytestmark = pytest.mark.e2e
UNCHANGED = {"changes": [], "outputs_changed": False}
ACCOUNT = "123456789012"


def test_a_budgets_life(cli: Cli, sim: Simulator) -> None:
    """It mails at three marks about this stack alone; the second plan is empty; `down` leaves none."""
    cli.edit("budget_usd   = null", "budget_usd   = 100")
    refused(cli.run("up", "--yes"), 2, "budget_email is null; set both, since a budget is nothing but a mail")
    cli.edit("budget_email = null", 'budget_email = "ada@example.com"')
    done = cli.run("up", "--yes")
    assert done.returncode == 0, done.stderr
    assert "it reads 0 until the account that pays counts by the tag gpuinfra:stack" in done.stderr
    assert cli.json("plan") == UNCHANGED
    budgets = client("budgets", sim)
    (made,) = budgets.describe_budgets(AccountId=ACCOUNT)["Budgets"]
    assert made["BudgetName"].startswith("gpuinfra-default-us-east-1-")
    assert made["CostFilters"] == {"TagKeyValue": ["user:gpuinfra:stack$default"]}
    named = {"AccountId": ACCOUNT, "BudgetName": made["BudgetName"]}
    marks = budgets.describe_notifications_for_budget(**named)["Notifications"]
    assert sorted(mark["Threshold"] for mark in marks) == [50, 80, 100]
    for mark in marks:
        (to,) = budgets.describe_subscribers_for_notification(**named, Notification=mark)["Subscribers"]
        assert to == {"SubscriptionType": "EMAIL", "Address": "ada@example.com"}

    cli.edit("budget_usd   = 100", "budget_usd   = 250")
    done = cli.run("up", "--yes")
    assert done.returncode == 0, done.stderr
    assert "reads 0" not in done.stderr  # said once, when it is made
    (changed,) = budgets.describe_budgets(AccountId=ACCOUNT)["Budgets"]
    assert float(changed["BudgetLimit"]["Amount"]) == 250
    assert cli.json("plan") == UNCHANGED
    (cli.directory / "terraform.tfstate").unlink()
    cli.ok("recover", "--yes")
    assert cli.json("plan") == UNCHANGED  # taken over, not made a second time
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}
