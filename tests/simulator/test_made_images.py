"""CreateImage: what EC2 tells of an image of an instance, and when."""

from typing import TYPE_CHECKING, Any

from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import describe, launch, refusal
from tests.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

MARKS = [{"Key": "gpuinfra:stack", "Value": "default"}]
LONG_S = 3600.0


def made(ec2: "EC2Client") -> tuple[str, str]:
    """Stop a host of 200 GB and make an image of it; return both ids."""
    disk: Any = [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 200, "VolumeType": "gp3"}}]
    host = launch(ec2, BlockDeviceMappings=disk)["InstanceId"]
    ec2.stop_instances(InstanceIds=[host])
    tags: Any = [{"ResourceType": kind, "Tags": MARKS} for kind in ("image", "snapshot")]
    return host, ec2.create_image(InstanceId=host, Name="copy", TagSpecifications=tags)["ImageId"]


def image_of(ec2: "EC2Client", image: str) -> Any:
    """Return what EC2 tells of an image."""
    return ec2.describe_images(ImageIds=[image])["Images"][0]


def snapshots(ec2: "EC2Client") -> list[Any]:
    """Return the account's own snapshots that carry our tags."""
    ours: Any = [{"Name": "tag:gpuinfra:stack", "Values": ["default"]}]
    return list(ec2.describe_snapshots(OwnerIds=["self"], Filters=ours)["Snapshots"])


def test_an_image_has_the_root_disk_of_its_instance_and_both_have_their_tags(
    ec2: "EC2Client", sim: Simulator
) -> None:
    """A sweep by tags finds both; nothing is left once both are gone."""
    _, image = made(ec2)
    found, (disk,) = image_of(ec2, image), snapshots(ec2)
    assert (found["State"], found["Tags"], found["Architecture"]) == ("available", MARKS, "x86_64")
    ebs = found["BlockDeviceMappings"][0]["Ebs"]
    assert (ebs["SnapshotId"], ebs["VolumeSize"]) == (disk["SnapshotId"], 200)
    assert (disk["VolumeSize"], disk["Progress"]) == (200, "100%")
    assert set(sim.leftovers()) >= {"images", "snapshots"}
    ec2.deregister_image(ImageId=image)
    ec2.delete_snapshot(SnapshotId=disk["SnapshotId"])
    assert not {"images", "snapshots"} & set(sim.leftovers())


def test_an_image_takes_its_time(ec2: "EC2Client", sim: Simulator) -> None:
    """Until it is available nothing can be launched from it; its snapshot tells how far it is."""
    sim.images_take(LONG_S)
    _, image = made(ec2)
    assert image_of(ec2, image)["State"] == "pending"
    assert snapshots(ec2)[0]["Progress"] == "0%"
    assert refusal(ec2, ImageId=image) == "InvalidAMIID.Unavailable"
    sim.images_take(0.0)
    wait_until(lambda: image_of(ec2, image)["State"] == "available", "the image")
    made_of_it = launch(ec2, ImageId=image)
    volume = describe(ec2, made_of_it["InstanceId"])["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    assert ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Size"] == 200


def test_a_smaller_disk_than_the_image_is_refused(ec2: "EC2Client") -> None:
    """As EC2 does."""
    _, image = made(ec2)
    small: Any = [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 100, "VolumeType": "gp3"}}]
    assert refusal(ec2, ImageId=image, BlockDeviceMappings=small) == "InvalidBlockDeviceMapping"
