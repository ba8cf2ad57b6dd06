"""Our calls for the copies of disks, against the simulated API; what finds and removes them."""

from typing import TYPE_CHECKING

import pytest

from gpuinfra.ground.disk_copy import RESTORE_IMAGE, RESTORE_LAUNCH, RESTORE_NAME, RESTORE_OF
from gpuinfra.ground.errors import AlreadyExists
from gpuinfra.ground.model import Inventory
from gpuinfra.simulator.client import REGION, Simulator
from gpuinfra.tools.aws.ec2 import Aws
from gpuinfra.tools.aws.images import HostImages
from tests.fakes.world import SETTINGS
from tests.simulator.aws import launch

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

LAUNCHED = "2026-01-02T03:04:05Z"


@pytest.fixture
def images(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> HostImages:
    """Our adapter, pointed at the simulator."""
    for name, value in sim.env({}).items():
        monkeypatch.setenv(name, value)
    return HostImages(REGION, SETTINGS)


def copied(images: HostImages, ec2: "EC2Client") -> str:
    """Copy the disk of a new, stopped host; return its id."""
    host = launch(ec2)["InstanceId"]
    ec2.stop_instances(InstanceIds=[host])
    marks = {RESTORE_OF: host, RESTORE_LAUNCH: LAUNCHED, RESTORE_IMAGE: "nvidia", RESTORE_NAME: "its (name)"}
    images.create(host, name=f"copy of {host}", tags={**SETTINGS.tags.as_dict(), **marks})
    return host


def found() -> Inventory:
    """Return what is found of the stack."""
    aws = Aws(region=REGION, settings=SETTINGS, sleep=lambda _: None)
    return aws.inventory(SETTINGS.tags, known=())


def test_a_copy_tells_whose_disk_it_is_and_how_far_it_is(
    images: HostImages, ec2: "EC2Client", sim: Simulator
) -> None:
    """Another stack's is not shown; nor an image that a user has made of the host."""
    sim.images_take(3600.0)
    host = copied(images, ec2)
    ec2.create_image(InstanceId=host, Name="a user's own")
    (copy,) = images.copies(SETTINGS.tags)
    assert (copy.instance_id, copy.launched, copy.state, copy.percent) == (host, LAUNCHED, "pending", 0)
    assert (copy.image, copy.ami_name) == ("nvidia", "its (name)")
    sim.images_take(0.0)
    (copy,) = images.copies(SETTINGS.tags)
    assert (copy.state, copy.percent, copy.size_gb) == ("available", 100, 128)


def test_there_is_no_second_copy_of_one_name(images: HostImages, ec2: "EC2Client") -> None:
    """A run whose answer was lost asks again: EC2 refuses, and nothing is copied twice."""
    host = copied(images, ec2)
    with pytest.raises(AlreadyExists):
        images.create(host, name=f"copy of {host}", tags={})
    assert len(images.copies(SETTINGS.tags)) == 1


def test_a_copy_and_its_snapshot_are_found_by_their_tags_and_removed_together(
    images: HostImages, ec2: "EC2Client", sim: Simulator
) -> None:
    """Also a snapshot whose image has gone: the run that removed both was killed in between."""
    copied(images, ec2)
    (copy,) = images.copies(SETTINGS.tags)
    kinds = sorted(one.kind for one in found().found if one.kind != "aws_instance")
    assert kinds == ["aws_ami", "aws_ebs_snapshot"]
    ec2.deregister_image(ImageId=copy.image_id)
    (left,) = [one for one in found().found if one.kind == "aws_ebs_snapshot"]
    aws = Aws(region=REGION, settings=SETTINGS, sleep=lambda _: None)
    assert aws.remove(left)
    copied(images, ec2)
    images.remove(images.copies(SETTINGS.tags)[0].image_id)
    images.remove(copy.image_id)  # it has gone already
    assert not {"images", "snapshots"} & set(sim.leftovers())
