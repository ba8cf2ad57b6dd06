"""Hosts in an open lab, as a test uses them: launched through the API, reached by ssh from inside."""

import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpuinfra.simulator.lab.lab import Lab
from tests.simulator.aws import client, describe, launch
from tests.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

UBUNTU = "ami-0a1b2c3d4e5f60007"
KEY_NAME = "guest"
USER_DATA = """\
#cloud-config
write_files:
  - {path: /etc/guest/owner, content: written, owner: "ubuntu:ubuntu", defer: true}
runcmd:
  - [sh, -c, "echo runcmd as $(id -un) > /var/lib/guest-runcmd; echo guest-was-here > /dev/console"]
"""


@dataclass(frozen=True, kw_only=True)
class LabInstances:
    """An open lab with a key pair of the test's own."""

    lab: Lab
    key: Path

    @cached_property
    def ec2(self) -> "EC2Client":
        """Return a client of the lab's API, from outside; made once: it is asked twenty times a second."""
        made: EC2Client = client("ec2", self.lab.simulator)
        return made

    def launch(self, **arguments: Any) -> "Guest":
        """Launch one host; it need not have booted yet."""
        given = {"KeyName": KEY_NAME, "UserData": USER_DATA, "MetadataOptions": {"HttpTokens": "required"}}
        made = launch(self.ec2, **{**given, **arguments})
        return Guest(instances=self, id=made["InstanceId"])

    def fresh(self) -> "LabInstances":
        """Forget all instances, as after a fresh start, and give the key to the API again."""
        self.lab.simulator.reset()
        public = self.key.with_suffix(".pub").read_bytes()
        self.ec2.import_key_pair(KeyName=KEY_NAME, PublicKeyMaterial=public)
        ssh: Any = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        self.ec2.authorize_security_group_ingress(GroupName="default", IpPermissions=[ssh])
        return self


@dataclass(frozen=True, kw_only=True)
class Guest:
    """One host."""

    instances: LabInstances
    id: str

    @property
    def api(self) -> Any:
        """Return what DescribeInstances says now."""
        return describe(self.instances.ec2, self.id)

    @property
    def state(self) -> str:
        """Return the state of the API."""
        return str(self.api["State"]["Name"])

    @property
    def address(self) -> str:
        """Return the public address."""
        return str(self.api["PublicIpAddress"])

    @property
    def console(self) -> str:
        """Return what GetConsoleOutput returns."""
        return self.instances.ec2.get_console_output(InstanceId=self.id).get("Output", "")

    def try_ssh(self, command: str, address: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command by ssh; the test is about hosts, not about their keys, so any host key will do."""
        options = ["BatchMode=yes", "ConnectTimeout=3", "LogLevel=ERROR", "StrictHostKeyChecking=no"]
        options += ["UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes"]
        argv = ["ssh", "-F", "none", "-i", str(self.instances.key), *(f"-o{option}" for option in options)]
        return self.instances.lab.run([*argv, f"ubuntu@{address or self.address}", command])

    def ssh(self, command: str) -> str:
        """Run a command by ssh; returns what it printed, and fails if it failed."""
        done = self.try_ssh(command)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout.strip()

    def wait_for_login(self) -> "Guest":
        """Wait until the host lets the key of the API in."""
        # sshd is up before cloud-init has made the user, and it penalises those who try too often
        wait_until(lambda: "ssh_host_" in self.console or "login:" in self.console, "a console")
        wait_until(
            lambda: self.try_ssh("true").returncode == 0, "a login", more=lambda: self.console, poll_s=1.0
        )
        return self

    def wait_until_booted(self) -> "Guest":
        """Wait until cloud-init is done; whether it is content is the test's business."""
        self.wait_for_login().try_ssh("cloud-init status --wait")
        return self

    def wait_for_state(self, state: str) -> None:
        """Wait until the API says so."""
        wait_until(lambda: self.state == state, f"state {state}", more=lambda: self.state)

    def wait_until_off(self) -> None:
        """Wait until the host itself has ended, not just the API's word for it."""
        log = self.instances.lab.directory / "lab.log"
        wait_until(lambda: f"{self.id} powered off" in log.read_text(encoding="utf-8"), "the power to be off")
