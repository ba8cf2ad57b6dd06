"""How a host is bought, from `up` to `down`: asked for so, told so, priced so, and nothing left."""

import pytest

from gpuinfra.ground.pool import Pool
from gpuinfra.simulator.client import Simulator
from gpuinfra.tools.terraform.pool_file import PoolFile
from tests.e2e.cli import Cli, refused
from tests.terraform import terraform

pytestmark = pytest.mark.e2e


def test_a_spot_host_is_made_told_and_gone(cli: Cli, sim: Simulator) -> None:
    """The second plan is empty; another market is refused in words until the host is gone."""
    cli.edit('market = "on-demand"', 'market = "spot"')
    cli.edit("max_price = null", "max_price = 0.5")
    shown = cli.run("plan")
    assert "  host g4dn.xlarge spot, image nvidia" in shown.stdout + shown.stderr
    assert "g4dn.xlarge spot 0." in shown.stdout + shown.stderr
    host = cli.json("up", "--yes")
    (launch,) = sim.calls("RunInstances")
    options = {
        name: value for name, value in launch.params.items() if name.startswith("InstanceMarketOptions")
    }
    assert options == {
        "InstanceMarketOptions.MarketType": "spot",
        "InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior": "terminate",
        "InstanceMarketOptions.SpotOptions.MaxPrice": "0.5",
        "InstanceMarketOptions.SpotOptions.SpotInstanceType": "one-time",
    }
    assert host["market"] == "spot"
    assert "up to date: nothing would be changed" in cli.run("plan").stderr
    status = cli.ok("status")
    assert "g4dn.xlarge (1 GPU, spot)" in status
    assert cli.json("status")["instance"]["market"] == "spot"
    cli.edit('market = "spot"', 'market = "on-demand"')
    cli.edit("max_price = 0.5", "max_price = null")
    refused(cli.run("up", "--yes"), 3, "is spot, and market is on-demand: a host that lives keeps its market")
    cli.ok("down", "--yes")
    assert sim.leftovers() == {}


def test_where_the_host_was_found_is_planned_for(cli: Cli, sim: Simulator, provider: dict[str, str]) -> None:
    """By Terraform and by gpuinfra alike; a host that is replaced is bought as that says by then."""
    cli.edit("instance_types = null", 'instance_types = ["g6.xlarge", "g4dn.xlarge"]')
    cli.edit('market = "on-demand"', 'market = "spot-then-on-demand"')
    sim.capacity(0)
    sim.capacity(1, instance_type="g4dn.xlarge", zone="us-east-1c", market="on-demand")
    found = PoolFile(cli.directory / "pool.auto.tfvars.json")
    host = cli.json("up", "--yes")
    place = host["instance_type"], host["market"], host["availability_zone"]
    assert place == ("g4dn.xlarge", "on-demand", "us-east-1c")
    sim.clear_capacity()
    before = len(sim.calls("RunInstances"))
    assert "up to date: nothing would be changed" in cli.run("plan").stderr
    found.delete()  # what terraform.tfvars says is for the next host: this one can be stopped all the same
    cli.ok("stop", "--yes")
    found.write(Pool(instance_type="g6.xlarge", market="spot"))
    root = terraform(cli.directory, sim, provider)
    root.apply("-replace=module.host.module.instance.aws_instance.this")
    assert cli.json("status")["instance"]["instance_type"] == "g6.xlarge"
    assert cli.json("status")["instance"]["market"] == "spot"
    launches = sim.calls("RunInstances")[before:]
    assert [call.params.get("InstanceMarketOptions.MarketType") for call in launches] == ["spot"]
    cli.ok("down", "--yes")
    assert (sim.leftovers(), found.read()) == ({}, None)
