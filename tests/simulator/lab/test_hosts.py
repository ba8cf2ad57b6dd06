"""Real hosts: what an instance of the API is, seen by ssh, by its console, and by the API."""

import json
from typing import Any

import pytest

from tests.simulator.lab.instances import UBUNTU, LabInstances
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

TOKEN = (
    'token=$(curl -sf -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60"'
    " http://169.254.169.254/latest/api/token)"
)
META = 'curl -sf -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data'


def test_launch_boots_a_real_host(instances: LabInstances) -> None:
    """A launched instance lets the API's key in at its public address, and has carried its user-data out."""
    guest = instances.launch().wait_until_booted()
    status = json.loads(guest.ssh("cloud-init status --format json"))
    # cloud-init before 23.4 knows no recoverable errors
    assert (status["status"], status["errors"], status.get("recoverable_errors", {})) == ("done", [], {})
    assert status["datasource"] == "ec2local"
    assert guest.ssh("cat /var/lib/guest-runcmd") == "runcmd as root"
    assert guest.ssh("stat -c %U /etc/guest/owner; id -u") == "ubuntu\n1000"
    assert guest.ssh("hostname") == guest.api["PrivateDnsName"].split(".")[0]
    assert guest.ssh("systemctl is-system-running") == "running"
    assert "guest-was-here" in guest.console
    assert "BEGIN SSH HOST KEY KEYS" in guest.console


def test_host_is_kept_from_the_machine_and_the_world(instances: LabInstances) -> None:
    """No packet leaves the lab, and the real kernel cannot be touched by root of a host."""
    guest = instances.launch().wait_for_login()
    assert guest.try_ssh("curl -sS -m 3 http://1.1.1.1/").returncode != 0
    assert "not resolve" in guest.try_ssh("curl -sS -m 9 https://www.debian.org/").stderr
    for attempt in (
        "sysctl -w vm.swappiness=10",
        "dmesg",
        "echo 1 > /sys/kernel/profiling",
        "date -s 2001-01-01",
    ):
        assert guest.try_ssh(f"sudo sh -c '{attempt}'").returncode != 0, attempt


def test_gpu_type_has_a_fake_gpu(instances: LabInstances) -> None:
    """A GPU type shows its GPU on the PCI bus; the fake driver's load is what the test sets."""
    guest = instances.launch(InstanceType="g4dn.xlarge").wait_for_login()
    assert guest.ssh("cat /sys/bus/pci/devices/*/vendor") == "0x10de"
    assert guest.ssh("nvidia-smi --query-gpu=name --format=csv,noheader") == "Tesla T4 (simulated)"
    load = "nvidia-smi --query-gpu=utilization.gpu --format=csv,noheader,nounits"
    assert guest.ssh(load) == "0"
    (instances.lab.host(guest.id) / "fake-gpu/load").write_text("97\n", encoding="utf-8")
    assert guest.ssh(load) == "97"


def test_cpu_type_has_no_gpu(instances: LabInstances) -> None:
    """A CPU type with the GPU image has a driver tool that fails; with plain Ubuntu it has none."""
    nvidia = instances.launch(InstanceType="t3.medium")
    ubuntu = instances.launch(InstanceType="t3.medium", ImageId=UBUNTU)
    nvidia.wait_for_login()
    assert nvidia.ssh("ls /sys/bus/pci/devices") == ""
    assert nvidia.try_ssh("nvidia-smi").returncode == 9
    assert ubuntu.wait_for_login().try_ssh("nvidia-smi").returncode == 127


def test_metadata_tells_hosts_apart(instances: LabInstances) -> None:
    """Each host reads its own metadata, with a token only; a spot notice arrives when the test writes it."""
    guest, other = instances.launch(), instances.launch()
    for one in (guest, other):
        one.wait_for_login()
        assert one.ssh(f"{TOKEN}; {META}/instance-id") == one.id
    assert guest.try_ssh("curl -sf http://169.254.169.254/latest/meta-data/").returncode == 22
    notice = f"{TOKEN}; {META}/spot/instance-action"
    assert guest.try_ssh(notice).returncode == 22
    action = {"action": "terminate", "time": "2026-11-23T06:30:00Z"}
    extra = instances.lab.host(guest.id) / "imds.json"
    extra.write_text(json.dumps({"spot-action": action}), encoding="utf-8")
    assert json.loads(guest.ssh(notice)) == action


def test_a_running_host_reads_its_tags_as_of_now(instances: LabInstances) -> None:
    """Tags, and whether the host may read them, change under a running host without any word to it."""
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "gpuinfra:job-time-limit", "Value": "12h"}]}]
    guest = instances.launch(InstanceType="t3.medium", TagSpecifications=tags).wait_for_login()
    read = f"{TOKEN}; {META}/tags/instance/gpuinfra:job-time-limit"
    assert guest.try_ssh(read).returncode == 22  # curl's code for a 404: nobody has enabled them

    def enable(word: Any) -> None:
        instances.ec2.modify_instance_metadata_options(
            InstanceId=guest.id, HttpTokens="required", HttpEndpoint="enabled", InstanceMetadataTags=word
        )

    def reads(expected: str) -> bool:
        return guest.try_ssh(read).stdout.strip() == expected

    enable("enabled")
    wait_until(lambda: reads("12h"), "the tag")
    instances.ec2.create_tags(
        Resources=[guest.id],
        Tags=[{"Key": "gpuinfra:job-time-limit", "Value": "90m"}, {"Key": "a", "Value": "b"}],
    )
    wait_until(lambda: reads("90m"), "its new value")
    assert guest.ssh(f"{TOKEN}; {META}/tags/instance").splitlines() == ["gpuinfra:job-time-limit", "a"]
    instances.ec2.delete_tags(Resources=[guest.id], Tags=[{"Key": "gpuinfra:job-time-limit"}])
    wait_until(lambda: reads(""), "its end")
    enable("disabled")
    wait_until(lambda: guest.try_ssh(f"{TOKEN}; {META}/tags/instance").returncode == 22, "no tags")


def test_three_hosts_at_once(instances: LabInstances) -> None:
    """Hosts reach each other, at private and public addresses."""
    hosts = [instances.launch(InstanceType="t3.medium") for _ in range(3)]
    for host in hosts:
        host.wait_for_login()
    for address in (hosts[1].address, hosts[2].api["PrivateIpAddress"]):
        assert hosts[0].ssh(f"timeout 5 bash -c 'head -c 4 </dev/tcp/{address}/22'") == "SSH-"


def test_https_of_a_name_in_the_mirror(instances: LabInstances) -> None:
    """A name with a folder is served with a certificate that the host trusts, in curl and in Python."""
    folder = instances.lab.mirror / "repo.example.com" / "pkgs"
    folder.mkdir(parents=True)
    (folder / "hello.txt").write_text("hello\n", encoding="utf-8")
    guest = instances.launch(InstanceType="t3.medium").wait_for_login()
    url = "https://repo.example.com/pkgs/hello.txt"
    assert guest.ssh(f"curl -sSf {url}") == "hello"
    python = f"import urllib.request as u; print(u.urlopen('{url}').read().decode())"
    assert guest.ssh(f'python3 -c "{python}"') == "hello"
    requests = (instances.lab.directory / "mirror.log").read_text(encoding="utf-8")
    assert 'repo.example.com "GET /pkgs/hello.txt HTTP/1.1" 200' in requests


def test_cable_can_be_pulled(instances: LabInstances) -> None:
    """A host whose cable is out is not reached, lives on, and is there again once it is back in."""
    guest = instances.launch(InstanceType="t3.medium").wait_for_login()
    instances.lab.plug(guest.id, into=False)
    assert guest.try_ssh("true").returncode == 255
    assert guest.state == "running"
    instances.lab.plug(guest.id, into=True)
    guest.wait_for_login()
