"""`destroy`: what was recorded decides, whatever terraform.tfvars and its neighbours say by now."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.provision.down import destroy
from gpuinfra.ground.errors import ConfigError, HostError, TerraformError
from gpuinfra.ground.model import Outcome
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RECORDED, RUNNING, SETTINGS, FakeReporter, FakeTerraform, FakeValues
from tests.features.provision.test_down import DESTROYED, EMPTY, GONE


def test_a_file_that_overrides_the_values_blocks_nothing(tmp_path: Path) -> None:
    """What was recorded is removed, where it was made, and that is said."""
    values, reporter = FakeValues(dataclasses.replace(SETTINGS, region="eu-west-1")), FakeReporter()
    values.beside = (Path("x.auto.tfvars"),)
    terraform = FakeTerraform(DESTROYED)
    made = fake_world(
        tmp_path, values=values, terraform=terraform, reporter=reporter, cloud=FakeCloud(instance=GONE)
    )
    assert destroy(made, yes=True).destroyed == DESTROYED.destroyed
    assert reporter.said[0] == "x.auto.tfvars: not heeded; what is removed is what was recorded, in us-east-1"


def test_without_a_record_such_a_file_is_refused(tmp_path: Path) -> None:
    """By whose tags AWS would be asked is not certain: "none is left" could be false."""
    values = FakeValues()
    values.beside = (Path("x.auto.tfvars"),)
    with pytest.raises(ConfigError, match=r"x.auto.tfvars overrides"):
        destroy(fake_world(tmp_path, values=values, records=(EMPTY,)), yes=True)


def test_without_terraform_tfvars_the_record_suffices(tmp_path: Path) -> None:
    """Terraform is handed what it asks for."""
    terraform = FakeTerraform(DESTROYED)
    made = fake_world(
        tmp_path, values=FakeValues(exists=False), terraform=terraform, cloud=FakeCloud(instance=GONE)
    )
    destroy(made, yes=True)
    assert (terraform.instead["owner"], terraform.instead["region"]) == ("tester", "us-east-1")


def test_a_removal_that_ends_in_the_middle_says_that_the_host_runs_on(tmp_path: Path) -> None:
    """By then the lease may be gone, and the outputs are: no later command may say that there is no host."""
    lease = {'aws_scheduler_schedule.lease["stop"]': "stop"}
    record = dataclasses.replace(RECORDED, resources={**RECORDED.resources, **lease})
    half = dataclasses.replace(record, outputs={}, host=None)
    reporter, failed = FakeReporter(), Outcome(ok=False)
    made = fake_world(tmp_path, records=(record,), terraform=FakeTerraform(failed), reporter=reporter)
    with pytest.raises(TerraformError):
        destroy(made, yes=True)
    assert reporter.said[-1].startswith(
        "! still there, and it costs money; what AWS would end it by may be gone"
    )
    assert RUNNING.instance_id in reporter.said[-1]
    with pytest.raises(HostError, match=f"host {RUNNING.instance_id} .* half removed") as why:
        fake_world(tmp_path, records=(half,)).recorded_host()
    assert why.value.hint == "gpuinfra up (goes on) or gpuinfra destroy (removes it)"
