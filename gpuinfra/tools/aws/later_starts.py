"""Starts that AWS makes later: a state machine with one execution, and its role, made and removed.

The machine bears the host's name and the time until which it tries; it deletes itself when it has ended. Its
role stays until `down`: it may do nothing after that time.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from botocore import exceptions as boto

from gpuinfra.ground.later_start import LaterStart
from gpuinfra.ground.model import Settings
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.aws import start_machine
from gpuinfra.tools.aws.asking import DENIED, items
from gpuinfra.tools.aws.asking import code as code_of
from gpuinfra.tools.aws.client import client, session
from gpuinfra.tools.aws.errors import map_boto_errors

# As in tools/aws/inventory_iam.py, by which `down` finds the role; IAM takes 64 characters in all.
PREFIX = 37
POLICY = "start-later"
MADE_FOR = re.compile(r"gpuinfra-[a-z0-9-]+-start-(i-[0-9a-f]+)")
# IAM takes seconds until all of AWS knows a new role.
ROLE_TRIES, ROLE_WAIT_S = 10, 3.0


@adapter("AWS cannot be called")
class StateMachines:
    """The LaterStarts protocol, in one region."""

    def __init__(
        self, region: str, settings: Settings | None = None, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._region, self._settings, self._sleep = region, settings, sleep
        self._own = session(region)

    def begin(self, start: LaterStart) -> None:
        """Let AWS try until that time, in place of what waits already."""
        self.end(start.stack, start.instance_id)
        name = _name(start.stack, start.instance_id)
        with self._mapped("sts"):
            caller = self._client("sts").get_caller_identity()
            partition, account = caller["Arn"].split(":")[1], caller["Account"]
        here = {"partition": partition, "region": self._region, "account": account, "name": name}
        with self._mapped("iam"):
            role = self._role(name, here, start)
        whole = start_machine.definition(
            partition=partition,
            instance_id=start.instance_id,
            launched=start.launched,
            until=start.until,
            now=time.time(),
        )
        with self._mapped("states"):
            arn = self._machine(f"{name}-{int(start.until)}", whole, role, start.tags)
            self._client("stepfunctions").start_execution(stateMachineArn=arn, name="start")

    def until(self, stack: str, instance_id: str) -> float | None:
        """Return how long a host waits; who may not ask is told of none."""
        with self._mapped("states"):
            ends = [end for end, arn in self._machines(stack, instance_id) if self._runs(arn)]
        return max(ends, default=None)

    def end(self, stack: str, instance_id: str) -> bool:
        """Let nothing start the host any more: first its right to, then the machine."""
        with self._mapped("states"):
            machines = list(self._machines(stack, instance_id))
        if not machines:
            return False
        with self._mapped("iam"), self._gone_is_fine():
            name = _name(stack, instance_id)
            self._client("iam").delete_role_policy(RoleName=name, PolicyName=POLICY)
        was_waiting = False
        with self._mapped("states"):
            for _, arn in machines:
                was_waiting |= self._stop(arn)
        with self._mapped("iam"), self._gone_is_fine():
            self._client("iam").delete_role(RoleName=_name(stack, instance_id))
        return was_waiting

    def _role(self, name: str, here: Mapping[str, str], start: LaterStart) -> str:
        iam = self._client("iam")
        boundary: Any = {"PermissionsBoundary": start.boundary_arn} if start.boundary_arn else {}
        with suppress(iam.exceptions.EntityAlreadyExistsException):  # of one that has ended by itself
            iam.create_role(
                RoleName=name,
                AssumeRolePolicyDocument=start_machine.trust(**here),
                Description="gpuinfra: lets Step Functions start one host",
                Tags=[{"Key": key, "Value": value} for key, value in start.tags.items()],
                **boundary,
            )
        allowed = start_machine.rights(**here, instance_id=start.instance_id, until=start.until)
        iam.put_role_policy(RoleName=name, PolicyName=POLICY, PolicyDocument=allowed)
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])

    def _machine(self, name: str, whole: str, role: str, tags: Mapping[str, str]) -> str:
        """Make the machine; Step Functions takes a role only once it can use it."""
        states = self._client("stepfunctions")
        named = [{"key": key, "value": value} for key, value in tags.items()]
        for left in reversed(range(ROLE_TRIES)):
            try:
                made = states.create_state_machine(name=name, definition=whole, roleArn=role, tags=named)
                return str(made["stateMachineArn"])
            except boto.ClientError as error:
                if code_of(error) != "AccessDeniedException" or "assume" not in str(error) or not left:
                    raise
            self._sleep(ROLE_WAIT_S)
        raise AssertionError("unreachable")

    def _machines(self, stack: str, instance_id: str) -> Iterator[tuple[float, str]]:
        """Yield until when each machine of a host tries, and its ARN; who may not list them has made none."""
        ours = re.compile(re.escape(_name(stack, instance_id)) + "-([0-9]+)")
        try:
            for raw in items(self._client("stepfunctions"), "list_state_machines", "stateMachines"):
                if found := ours.fullmatch(raw["name"]):
                    yield float(found[1]), raw["stateMachineArn"]
        except boto.EndpointConnectionError:  # a region without Step Functions
            return
        except boto.ClientError as error:
            if code_of(error) not in DENIED:
                raise

    def _runs(self, arn: str) -> bool:
        with self._gone_is_fine():
            states = self._client("stepfunctions")
            return bool(states.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"])
        return False

    def _stop(self, arn: str) -> bool:
        """Stop what runs, and delete the machine; tell whether something ran."""
        states, ran = self._client("stepfunctions"), False
        with self._gone_is_fine():
            running = states.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]
            for one in running:
                ran = True
                states.stop_execution(executionArn=one["executionArn"], cause="gpuinfra: waits no longer")
            states.delete_state_machine(stateMachineArn=arn)
        return ran

    @contextmanager
    def _gone_is_fine(self) -> Iterator[None]:
        """Go on where AWS says that the thing has gone meanwhile."""
        try:
            yield
        except boto.ClientError as error:
            if code_of(error) not in ("NoSuchEntity", "StateMachineDoesNotExist", "ExecutionDoesNotExist"):
                raise

    def _client(self, service: str) -> Any:
        return client(service, self._region, own=self._own)

    @contextmanager
    def _mapped(self, service: str) -> Iterator[None]:
        with map_boto_errors(service, self._settings):
            yield


def host_of(name: str) -> str:
    """Return the host that a role, or a machine, of ours is to start; empty for any other name."""
    found = MADE_FOR.search(name)
    return found[1] if found else ""


def _name(stack: str, instance_id: str) -> str:
    return f"{f'gpuinfra-{stack}'[:PREFIX]}-start-{instance_id}"
