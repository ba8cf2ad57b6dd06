"""`destroy`: what is removed, what is asked, and the proof that nothing is left."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.provision.down import destroy
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.ground.errors import Declined, HostError
from gpuinfra.ground.model import Host, Instance, Outcome, Record
from gpuinfra.ground.world import World
from tests import samples
from tests.fakes.host import FakeCloud, FakeSshClient, fake_world
from tests.fakes.world import (
    RECORDED,
    RUNNING,
    SETTINGS,
    FakeReporter,
    FakeStackFiles,
    FakeTerraform,
    FakeValues,
)

EMPTY = Record()
GROUP = str(samples.OUTPUTS["security_group_id"])
PARTIAL = Record(resources={"module.host.module.security_group.aws_security_group.this": GROUP})
OURS = dataclasses.replace(RUNNING, instance_id="i-0feed", security_group_ids=(GROUP,))
FOREIGN = dataclasses.replace(RUNNING, instance_id="i-0bad", security_group_ids=("sg-other",))
GONE = dataclasses.replace(RUNNING, state="terminated")
DESTROYED = Outcome(ok=True, destroyed=2)


def test_a_host_is_removed_and_that_is_proven(tmp_path: Path) -> None:
    """Terraform destroys, AWS is asked afterwards, what was kept of the host goes."""
    terraform, ssh, files = FakeTerraform(DESTROYED), FakeSshClient(), FakeStackFiles(tmp_path)
    cloud, reporter = FakeCloud(instance=GONE), FakeReporter()
    made = fake_world(tmp_path, terraform=terraform, ssh=ssh, files=files, cloud=cloud, reporter=reporter)
    assert destroy(made, yes=True).destroyed == DESTROYED.destroyed
    assert terraform.calls == [("init",), ("destroy",)]
    assert ssh.forgotten == [RUNNING.instance_id]
    assert files.cleaned
    assert "AWS shows nothing of this stack in us-east-1 any more" in reporter.said


@pytest.mark.parametrize(
    ("state", "ends"), [("running", ["gpuinfra down"]), ("stopped", []), ("stopping", [])]
)
def test_a_running_host_runs_its_hook_before_anything_is_destroyed(
    tmp_path: Path, state: str, ends: list[str]
) -> None:
    """--yes, too; one that is stopped is not started for it."""
    terraform, ended = FakeTerraform(DESTROYED), list[str]()

    class Ec2(FakeCloud):
        def instance(self, instance_id: str) -> Instance | None:
            return GONE if ("destroy",) in terraform.calls else dataclasses.replace(RUNNING, state=state)

    def end_host(_: World, __: Host, reason: str) -> None:
        assert terraform.calls == []
        ended.append(reason)

    destroy(fake_world(tmp_path, terraform=terraform, cloud=Ec2(), end_host=end_host), yes=True)
    assert ended == ends


def test_what_is_not_ours_is_named_when_it_stays(tmp_path: Path) -> None:
    """A volume that somebody attached is not deleted with the host, and costs money; nothing is started."""
    cloud, reporter = FakeCloud(instance=GONE, attached=["volume vol-1, 500 GB"]), FakeReporter()
    made = fake_world(tmp_path, terraform=FakeTerraform(DESTROYED), cloud=cloud, reporter=reporter)
    destroy(made, yes=True)
    assert "left, not ours, and it goes on costing money: volume vol-1, 500 GB" in reporter.said
    assert cloud.calls == []


@pytest.mark.parametrize("exists", [True, False])
def test_nothing_to_destroy(exists: bool, tmp_path: Path) -> None:
    """No record and no host: said, without Terraform and without a question."""
    terraform, reporter = FakeTerraform(DESTROYED), FakeReporter(answer=False)
    made = fake_world(
        tmp_path, terraform=terraform, reporter=reporter, records=(EMPTY,), values=FakeValues(exists=exists)
    )
    assert destroy(made, yes=False).receipt is None
    assert "nothing to destroy" in reporter.said[0]
    assert (terraform.calls, reporter.asked) == ([], [])


def test_no_destroys_nothing(tmp_path: Path) -> None:
    """The question names the host and its address; no means no."""
    terraform, reporter = FakeTerraform(DESTROYED), FakeReporter(answer=False)
    with pytest.raises(Declined, match="nothing was destroyed"):
        destroy(fake_world(tmp_path, terraform=terraform, reporter=reporter), yes=False)
    assert terraform.calls == []
    (question,) = reporter.asked
    assert f"{RUNNING.instance_id} (g4dn.xlarge, {RUNNING.public_ip}) and its disk" in question


def test_a_stopped_host_has_no_address_in_the_question(tmp_path: Path) -> None:
    """Words, not an empty place; and no is no for it, too."""
    record = dataclasses.replace(RECORDED, host=samples.host(public_ip=""))
    reporter = FakeReporter(answer=False)
    with pytest.raises(Declined, match="nothing was destroyed"):
        destroy(fake_world(tmp_path, reporter=reporter, records=(record,)), yes=False)
    assert "(g4dn.xlarge, no public address) and its disk" in reporter.asked[0]


def test_what_runs_on_the_host_is_said_before_the_question(tmp_path: Path) -> None:
    """A training of six hours does not end by a careless yes."""
    reporter = FakeReporter(answer=False)
    with pytest.raises(Declined, match="nothing was destroyed"):
        destroy(
            fake_world(tmp_path, reporter=reporter), yes=False, running=lambda _: ["python train.py", "top"]
        )
    assert reporter.said == ["still running on the host: python train.py; top"]


def test_a_private_host_is_named_in_the_question(tmp_path: Path) -> None:
    """It has no address to be known by."""
    reporter = FakeReporter(answer=False)
    host = samples.host(access="ssm", public_ip="")
    records = (Record(host=host, resources={INSTANCE: host.instance_id}),)
    with pytest.raises(Declined, match="nothing was destroyed"):
        destroy(fake_world(tmp_path, reporter=reporter, records=records), yes=False)
    assert f"{RUNNING.instance_id} (g4dn.xlarge, no public address) and its disk" in reporter.asked[0]


def test_a_half_made_host_is_named_in_the_question(tmp_path: Path) -> None:
    """A host without outputs (Ctrl-C) is not hidden behind a number of resources."""
    half = Record(resources={INSTANCE: "i-0half"})
    reporter = FakeReporter(answer=False)
    with pytest.raises(Declined):
        destroy(fake_world(tmp_path, reporter=reporter, records=(half,)), yes=False)
    assert "host i-0half and its disk" in reporter.asked[0]


def test_our_lost_host_goes_first(tmp_path: Path) -> None:
    """A lost host in our own security group is ours for certain: --yes removes it."""
    cloud = FakeCloud(tagged=[[OURS], []])
    terraform = FakeTerraform(DESTROYED)
    destroy(fake_world(tmp_path, records=(PARTIAL,), cloud=cloud, terraform=terraform), yes=True)
    assert cloud.terminated == ["i-0feed"]
    assert ("destroy",) in terraform.calls


@pytest.mark.parametrize("record", [EMPTY, PARTIAL])
def test_a_foreign_host_is_left_alone_by_yes(record: Record, tmp_path: Path) -> None:
    """Another clone may use the same names: --yes removes nothing that is not proven ours, and says so."""
    cloud = FakeCloud(tagged=[[FOREIGN]])
    with pytest.raises(HostError, match="AWS still shows i-0bad") as caught:
        destroy(fake_world(tmp_path, records=(record,), cloud=cloud), yes=True)
    assert cloud.terminated == []
    assert caught.value.hint == "gpuinfra destroy"


def test_a_foreign_host_goes_after_a_yes_to_its_name(tmp_path: Path) -> None:
    """Asked by its id, the user decides."""
    cloud, reporter = FakeCloud(tagged=[[FOREIGN], []]), FakeReporter(answer=True)
    destroy(fake_world(tmp_path, records=(EMPTY,), cloud=cloud, reporter=reporter), yes=False)
    assert cloud.terminated == ["i-0bad"]
    assert "i-0bad" in reporter.asked[0]


@pytest.mark.parametrize(
    "cloud",
    [FakeCloud(instance=GONE, tagged=[[], [RUNNING]]), FakeCloud(instance=RUNNING)],
    ids=["by its tags", "by its id, its tags having been edited"],
)
def test_what_is_left_is_an_error(cloud: FakeCloud, tmp_path: Path) -> None:
    """A destroy that left a host does not end well, whatever Terraform says."""
    files = FakeStackFiles(tmp_path)
    made = fake_world(tmp_path, cloud=cloud, terraform=FakeTerraform(DESTROYED), files=files)
    with pytest.raises(HostError, match=f"AWS still shows {RUNNING.instance_id}"):
        destroy(made, yes=True)
    assert not files.cleaned


def test_the_proof_is_asked_where_the_host_was(tmp_path: Path) -> None:
    """A region edited since does not make a host invisible."""
    asked: list[str] = []

    def cloud(region: str, _: object) -> FakeCloud:
        asked.append(region)
        return FakeCloud(instance=GONE)

    values = FakeValues(dataclasses.replace(SETTINGS, region="eu-west-1"))
    made = fake_world(tmp_path, values=values, terraform=FakeTerraform(DESTROYED))
    destroy(dataclasses.replace(made, cloud=cloud), yes=True)
    assert set(asked) == {"us-east-1"}


def test_instances_are_described_once(tmp_path: Path) -> None:
    """A host found by tags and by id is one host."""
    cloud = FakeCloud(instance=RUNNING, tagged=[[], [RUNNING]])
    with pytest.raises(HostError) as caught:
        destroy(fake_world(tmp_path, cloud=cloud, terraform=FakeTerraform(DESTROYED)), yes=True)
    assert caught.value.message.count(RUNNING.instance_id) == 1
