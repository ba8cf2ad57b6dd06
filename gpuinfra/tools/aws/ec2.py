"""The calls to EC2, and to Systems Manager's agent, that gpuinfra makes itself: over 200 lines of them."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore import exceptions as boto

from gpuinfra.ground.errors import CloudError, ConfigError, NotAccepted
from gpuinfra.ground.model import (
    CloudResource,
    FirewallRule,
    HostDetails,
    Instance,
    Inventory,
    Part,
    ScheduleStart,
    Settings,
    Tags,
    TypeFacts,
)
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.aws import (
    attached,
    describe,
    holders,
    inventory,
    parts,
    regions,
    removal,
    run_command,
    schedules,
)
from gpuinfra.tools.aws.client import client
from gpuinfra.tools.aws.errors import map_boto_errors

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef

ALIVE = ["pending", "running", "stopping", "stopped", "shutting-down"]
# As in the validation of terraform/variables.tf, which comes later than the first call to AWS.
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+\Z")
EDIT = "set region in terraform.tfvars"
POLL_S = 2.0
TERMINATE_TIMEOUT_S = 300.0


@adapter("AWS cannot be called")
class Aws:
    """The Cloud protocol, in one region; throttling is retried up to 5 times with jitter."""

    def __init__(
        self, *, region: str, settings: Settings | None = None, sleep: Callable[[float], None]
    ) -> None:
        if not REGION.match(region):  # boto3 would fail in several ways of its own
            raise ConfigError(f"region is {region!r}; it must look like us-east-1", hint=EDIT)
        self._settings = settings
        self._sleep = sleep
        self._ec2: EC2Client = client("ec2", region)

    def tagged_instances(self, tags: Tags) -> list[Instance]:
        """Return the instances with these tags that still exist, stopped ones included."""
        filters: list[FilterTypeDef] = [
            {"Name": f"tag:{k}", "Values": [v]} for k, v in tags.as_dict().items()
        ]
        return self._describe([*filters, {"Name": "instance-state-name", "Values": ALIVE[:-1]}])

    def instance(self, instance_id: str) -> Instance | None:
        """Return one instance, None when AWS does not know it (it forgets an hour after termination)."""
        found = self._describe([{"Name": "instance-id", "Values": [instance_id]}])
        if not found:
            return None
        with self._mapped("ec2"):
            return describe.told_why(self._ec2, found[0])

    def details(self, instance: Instance) -> HostDetails:
        """Return what belongs to an instance: its GPUs, its disk, who may reach it."""
        with self._mapped("ec2"):
            return describe.details(self._ec2, instance)

    def rules(self, group_ids: Sequence[str]) -> list[FirewallRule]:
        """Return all rules of some security groups."""
        with self._mapped("ec2"):
            return describe.rules(self._ec2, group_ids)

    def not_ours(self, instance: Instance, known: Collection[str]) -> list[str]:
        """Return, in words, what is attached to an instance, stays when it goes and is not `known`."""
        with self._mapped("ec2"):
            return attached.not_ours(self._ec2, instance, known)

    def inventory(self, tags: Tags, known: Collection[str]) -> Inventory:
        """Return what carries the tags of this project and stack, of any owner, without the `known` ids."""
        with self._mapped("ec2"):
            return inventory.search(self._ec2, tags, known)

    def parts(self, instance_id: str, tags: Tags) -> list[Part]:
        """Return a host and all that it stands on, a network with these tags included."""
        with self._mapped("ec2"):
            return list(parts.parts(self._ec2, instance_id, tags.of_any_owner()))

    def tag(self, resource_ids: Sequence[str], tags: Mapping[str, str]) -> None:
        """Put tags on things in EC2, beside those that they have."""
        with self._mapped("ec2"):
            named = [{"Key": key, "Value": value} for key, value in tags.items()]
            self._ec2.create_tags(Resources=list(resource_ids), Tags=named)  # type: ignore[arg-type]

    def remove(self, one: CloudResource) -> bool:
        """Remove something, or go on with that; tell whether it is gone. False: it takes time, or is held."""
        with self._mapped(removal.service(one.kind)):
            return removal.remove(self._ec2, one)

    def holders(self, resource_id: str) -> list[str]:
        """Return, in words, what hangs in a security group, a subnet or a VPC."""
        with self._mapped("ec2"):
            return holders.holders(self._ec2, resource_id)

    def type_facts(self, instance_type: str) -> TypeFacts | None:
        """Return what EC2 sells under this name, None when the region has no such type."""
        with self._mapped("ec2"):
            return describe.type_facts(self._ec2, instance_type)

    def has_image(self, ami_id: str) -> bool:
        """Tell whether EC2 shows the account this image."""
        with self._mapped("ec2"):
            return describe.has_image(self._ec2, ami_id)

    def public_key(self, key_name: str) -> str | None:
        """Return a key pair's public key as type and key, empty where AWS keeps none; None: no such pair."""
        with self._mapped("ec2"):
            return describe.public_key(self._ec2, key_name)

    def stop(self, instance_id: str) -> None:
        """Ask EC2 to stop an instance; it takes a minute or more."""
        with self._mapped("ec2"):
            self._ec2.stop_instances(InstanceIds=[instance_id])

    def start(self, instance_id: str) -> None:
        """Ask EC2 to start a stopped instance; raises CloudError when it has no capacity, say."""
        with self._mapped("ec2"):
            self._ec2.start_instances(InstanceIds=[instance_id])

    def set_type(self, instance_id: str, instance_type: str) -> None:
        """Give a stopped instance another type."""
        with self._mapped("ec2"):
            self._ec2.modify_instance_attribute(InstanceId=instance_id, InstanceType={"Value": instance_type})

    def schedule_start(self, schedule_id: str) -> ScheduleStart | None:
        """Return when a schedule begins, None when AWS knows no such schedule."""
        with self._mapped("scheduler"):
            return schedules.start(self._ec2.meta.region_name, schedule_id)

    def move_schedule(self, schedule_id: str, begins: float) -> None:
        """Let a schedule begin at another time, in seconds since 1970."""
        with self._mapped("scheduler"):
            schedules.move(self._ec2.meta.region_name, schedule_id, begins)

    def terminate(self, instance_ids: Sequence[str]) -> None:
        """Terminate instances and wait until AWS says that they are gone.

        Raises:
            CloudError: AWS refuses, or they still run after 5 minutes.
        """
        with self._mapped("ec2"):
            self._ec2.terminate_instances(InstanceIds=list(instance_ids))
        waited = 0.0
        while self._describe(
            [
                {"Name": "instance-id", "Values": list(instance_ids)},
                {"Name": "instance-state-name", "Values": ALIVE},
            ]
        ):
            if waited >= TERMINATE_TIMEOUT_S:
                raise CloudError(f"still shutting down after 5 minutes: {', '.join(instance_ids)}")
            self._sleep(POLL_S)
            waited += POLL_S

    def console(self, instance_id: str) -> str:
        """Return the serial console, the newest where the type can (Nitro), else the last posted one."""
        with self._mapped("ec2"):
            try:
                return self._ec2.get_console_output(InstanceId=instance_id, Latest=True).get("Output", "")
            except boto.ClientError as error:
                if error.response.get("Error", {}).get("Code") != "UnsupportedOperation":
                    raise
            return self._ec2.get_console_output(InstanceId=instance_id).get("Output", "")

    def run(self, instance_id: str, command: str) -> str:
        """Run a command through Systems Manager; return its stdout, empty when the agent does not answer.

        Raises:
            CloudError: the caller may not, or the agent has never reported.
        """
        with self._mapped("ssm"):
            ssm = client("ssm", self._ec2.meta.region_name)
            return run_command.run(ssm, instance_id, command, sleep=self._sleep)

    def shutdown_behavior(self, instance_id: str) -> str:
        """Return what a power-off from inside does to the instance: stop or terminate."""
        with self._mapped("ec2"):
            return str(
                describe.attribute(self._ec2, instance_id, "InstanceInitiatedShutdownBehavior") or "stop"
            )

    def is_protected(self, instance_id: str) -> bool:
        """Tell whether somebody has forbidden to terminate an instance."""
        with self._mapped("ec2"):
            return bool(describe.attribute(self._ec2, instance_id, "DisableApiTermination"))

    def unprotect(self, instance_id: str) -> None:
        """Allow it again."""
        with self._mapped("ec2"):
            self._ec2.modify_instance_attribute(
                InstanceId=instance_id, DisableApiTermination={"Value": False}
            )

    def _describe(self, filters: "list[FilterTypeDef]") -> list[Instance]:
        with self._mapped("ec2"):
            pages = self._ec2.get_paginator("describe_instances").paginate(Filters=filters)
            return [
                describe.instance(i) for p in pages for r in p["Reservations"] for i in r.get("Instances", [])
            ]

    @contextmanager
    def _mapped(self, service: str) -> Iterator[None]:
        try:
            with map_boto_errors(service, self._settings):
                yield
        except NotAccepted as error:
            raise regions.not_enabled(self._ec2.meta.region_name) or error from None
