"""The calls of our own to EC2 that a host's life needs, against the simulated API."""

import dataclasses
from typing import TYPE_CHECKING

import pytest

from gpuinfra.ground.errors import CloudError
from gpuinfra.simulator.client import REGION, Simulator
from gpuinfra.tools.aws.ec2 import Aws
from tests.fakes.world import SETTINGS
from tests.simulator.aws import group, launch
from tests.terraform import ROOT

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client


@pytest.fixture
def aws(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Our adapter, pointed at the simulator."""
    for name, value in sim.env({}).items():
        monkeypatch.setenv(name, value)
    return Aws(region=REGION, settings=SETTINGS, sleep=lambda _: None)


def test_an_instance_stops_changes_and_starts(aws: Aws, ec2: "EC2Client") -> None:
    """Each state is told with the time at which it began; a started instance has its new type."""
    made = launch(ec2)["InstanceId"]
    running = aws.instance(made)
    assert running
    assert (running.state, running.since) == ("running", running.launched)
    assert (running.architecture, running.availability_zone[:9]) == ("x86_64", REGION)
    aws.stop(made)
    stopped = aws.instance(made)
    assert stopped
    assert (stopped.state, stopped.public_ip, stopped.since[:2]) == ("stopped", "", "20")
    aws.set_type(made, "g5.xlarge")
    aws.start(made)
    now = aws.instance(made)
    assert now
    assert (now.state, now.instance_type, now.public_ip != running.public_ip) == (
        "running",
        "g5.xlarge",
        True,
    )


def test_a_type_is_not_changed_while_the_instance_runs(aws: Aws, ec2: "EC2Client") -> None:
    """EC2 says so itself, in words."""
    with pytest.raises(CloudError, match="is not in the 'stopped' state"):
        aws.set_type(launch(ec2)["InstanceId"], "g5.xlarge")


def test_types(aws: Aws) -> None:
    """Architectures, NVIDIA GPUs and zones; none of that name is no error."""
    facts = {name: aws.type_facts(name) for name in ("g4dn.12xlarge", "g5g.xlarge", "t3.large", "g9.huge")}
    counted = {name: (f.architectures, f.gpu_count) if f else None for name, f in facts.items()}
    assert counted == {
        "g4dn.12xlarge": (("x86_64",), 4),
        "g5g.xlarge": (("arm64",), 1),
        "t3.large": (("x86_64",), 0),
        "g9.huge": None,
    }
    assert facts["t3.large"]
    assert f"{REGION}a" in facts["t3.large"].zones


def test_what_belongs_to_a_host_and_what_does_not(aws: Aws, ec2: "EC2Client") -> None:
    """The root disk is its own; a volume and an address that somebody attached are not, and are named."""
    mine = group(ec2, "mine")
    ec2.authorize_security_group_ingress(
        GroupId=mine,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "203.0.113.7/32"}]},
            {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1024, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        ],
    )
    root = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 130, "DeleteOnTermination": True}}
    made = launch(ec2, SecurityGroupIds=[mine], BlockDeviceMappings=[root])
    instance = aws.instance(made["InstanceId"])
    assert instance
    assert aws.not_ours(instance, ()) == []
    where = instance.availability_zone
    volume = ec2.create_volume(AvailabilityZone=where, Size=500, VolumeType="gp3")["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=instance.instance_id, Device="/dev/sdf")
    address = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(InstanceId=instance.instance_id, AllocationId=address["AllocationId"])
    now = aws.instance(made["InstanceId"])
    assert now
    assert dataclasses.asdict(aws.details(now)) == {
        "gpu_count": 1,
        "root_volume_size_gb": 130,
        "ssh_from": ("203.0.113.7/32", "::/0"),
    }
    assert aws.not_ours(now, ()) == [f"volume {volume}, 500 GB", f"address {address['PublicIp']}"]
    assert aws.not_ours(now, (address["AllocationId"],)) == [f"volume {volume}, 500 GB"]
    fast = ec2.create_volume(AvailabilityZone=where, Size=9, VolumeType="io2", Iops=6000)["VolumeId"]
    ec2.attach_volume(VolumeId=fast, InstanceId=instance.instance_id, Device="/dev/sdg")
    now = aws.instance(made["InstanceId"])
    assert now
    assert f"volume {fast}, 9 GB (io2)" in aws.not_ours(now, ())


def test_what_a_new_host_is_made_of(aws: Aws, ec2: "EC2Client") -> None:
    """An image that the account is shown or not; a key pair's public key without its comment, or none."""
    image = ec2.describe_images()["Images"][0]["ImageId"]
    assert (aws.has_image(image), aws.has_image("ami-0123456789abcdef0")) == (True, False)
    key = (ROOT / "terraform" / "tests" / "stack" / "key.pub").read_text()
    ec2.import_key_pair(KeyName="team", PublicKeyMaterial=key.encode())
    assert (aws.public_key("team"), aws.public_key("other")) == (" ".join(key.split()[:2]), None)
