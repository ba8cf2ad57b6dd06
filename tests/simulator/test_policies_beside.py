"""What a call needs beside its action: AWS's role for spot, the key of a disk, a session of one's own."""

from gpuinfra.simulator.client import Simulator
from tests.simulator.aws import NVIDIA, client
from tests.simulator.test_policies import KEY, held, hold, refused


def test_a_spot_host_and_a_disk_under_a_key_need_more(sim: Simulator) -> None:
    """AWS's own role for the spot market; the key, which EC2 uses for the caller, at a start, too."""
    host = {"ImageId": NVIDIA, "InstanceType": "g4dn.xlarge", "MinCount": 1, "MaxCount": 1}
    spot = {"InstanceMarketOptions": {"MarketType": "spot"}}
    hold(sim, {"Action": "ec2:*"})
    ec2 = held("ec2", sim)
    assert "iam:CreateServiceLinkedRole" in refused(ec2.run_instances, **host, **spot)[1]
    key = client("kms", sim).create_key()["KeyMetadata"]["Arn"]
    disk = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 128, "Encrypted": True, "KmsKeyId": key}}
    said = refused(ec2.run_instances, **host, BlockDeviceMappings=[disk])[1]
    assert f"kms:CreateGrant on resource: {key}" in said
    made = client("ec2", sim).run_instances(**host, BlockDeviceMappings=[disk])["Instances"][0]["InstanceId"]
    client("ec2", sim).stop_instances(InstanceIds=[made])
    assert f"kms:CreateGrant on resource: {key}" in refused(ec2.start_instances, InstanceIds=[made])[1]


def test_somebody_elses_session_is_told_by_its_name(sim: Simulator) -> None:
    """Session ids begin with whose they are."""
    mine = "arn:aws:ssm:us-east-1:*:session/${aws:username}-*"
    hold(sim, {"Action": "ssm:TerminateSession", "Resource": mine})
    end = held("ssm", sim).terminate_session
    end(SessionId=f"{KEY}-0123456789abcdef0")
    assert "session/boss-0123" in refused(end, SessionId="boss-0123")[1]
