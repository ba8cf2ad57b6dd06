"""Stand-ins for EC2 and for the way onto a host; and the world together: over 200 lines."""

import dataclasses
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from gpuinfra.features.lifecycle import power
from gpuinfra.ground.errors import CloudError, ConfigError, KeyChanged, MayNot, Refused, Unreachable
from gpuinfra.ground.later_start import NoLaterStarts
from gpuinfra.ground.model import (
    CloudResource,
    FirewallRule,
    Host,
    HostDetails,
    Instance,
    Inventory,
    Outcome,
    Part,
    Record,
    ScheduleStart,
    Tags,
    TypeFacts,
)
from gpuinfra.ground.paths import Project
from gpuinfra.ground.world import World, no_account, no_quotas, nobody_to_ask
from gpuinfra.tools.ssh.host_client import SshHostClient
from tests.fakes.jobs import FakeHostClient
from tests.fakes.world import (
    RECORDED,
    RUNNING,
    FakeEventLog,
    FakePoolRecord,
    FakeReporter,
    FakeStackFiles,
    FakeState,
    FakeTerraform,
    FakeTime,
    FakeValues,
)

MOVED_TO = "52.7.7.7"
REFUSED = "Permission denied (publickey)."
DETAILS = HostDetails(gpu_count=1, root_volume_size_gb=128, ssh_from=("52.94.76.10/32",))
ZONES = ("us-east-1a", "us-east-1b")
TYPES = {
    "g4dn.xlarge": TypeFacts(architectures=("x86_64",), gpu_count=1, zones=ZONES),
    "g5.xlarge": TypeFacts(architectures=("x86_64",), gpu_count=1, zones=ZONES),
    "g6.xlarge": TypeFacts(architectures=("x86_64",), gpu_count=1, zones=("us-east-1c",)),
    "g5g.xlarge": TypeFacts(architectures=("arm64",), gpu_count=1, zones=ZONES),
    "t3.large": TypeFacts(architectures=("x86_64",), gpu_count=0, zones=ZONES),
}


class FakeCloud:
    """EC2 with one instance, some with our tags, and a console that is read out in turn."""

    def __init__(
        self,
        *,
        instance: Instance | None = RUNNING,
        tagged: Sequence[Sequence[Instance]] = ((),),
        consoles: Sequence[str] = ("",),
        agent: str | CloudError = "",
        types: Mapping[str, TypeFacts] = TYPES,
        details: HostDetails = DETAILS,
        refusals: Sequence[CloudError | None] = (),
        attached: Sequence[str] = (),
        rules: Sequence[FirewallRule] = (),
        things: Sequence[CloudResource] = (),
        unasked: Sequence[str] = (),
        held: Mapping[str, int | CloudError] = {},
        holding: Sequence[str] = (),
        stands_on: Sequence[Part] = (),
        protected: Sequence[str] | CloudError = (),
        images: Collection[str] = (),
        pairs: Mapping[str, str] = {},
        schedules: Mapping[str, float] = {},
        now: float = 0.0,
    ) -> None:
        self.schedules = dict(schedules)
        self.may_move = True
        self.removed_schedules: set[str] = set()
        self.now = now
        self.protected = protected
        self.images = images
        self.pairs = pairs
        self.open = rules
        self.stands_on = stands_on
        self.tags: dict[str, dict[str, str]] = {}
        self.things = list(things)
        self.unasked = tuple(unasked)
        self.held = dict(held)
        self.holding = list(holding)
        self.removed: list[str] = []
        self.types = types
        self.described = details
        self.refusals = list(refusals)
        self.attached = attached
        self.calls: list[tuple[str, ...]] = []
        self.agent = agent
        self.one = instance
        self.tagged = [list(t) for t in tagged]
        self.consoles = list(consoles)
        self.terminated: list[str] = []

    def tagged_instances(self, tags: Tags) -> list[Instance]:
        """Return the next list."""
        return self.tagged.pop(0) if len(self.tagged) > 1 else self.tagged[0]

    def instance(self, instance_id: str) -> Instance | None:
        """Return the instance."""
        return self.one

    def details(self, instance: Instance) -> HostDetails:
        """Return what was set."""
        return self.described

    def rules(self, group_ids: Sequence[str]) -> list[FirewallRule]:
        """Return what was set."""
        return list(self.open)

    def not_ours(self, instance: Instance, known: Collection[str]) -> list[str]:
        """Return what was set."""
        return list(self.attached)

    def inventory(self, tags: Tags, known: Collection[str]) -> Inventory:
        """Return the things that are there and not known."""
        found = tuple(one for one in self.things if one.resource_id not in known)
        return Inventory(found=found, unasked=self.unasked)

    def parts(self, instance_id: str, tags: Tags) -> list[Part]:
        """Return what the test set."""
        return list(self.stands_on)

    def tag(self, resource_ids: Sequence[str], tags: Mapping[str, str]) -> None:
        """Remember the tags."""
        self.tags |= {name: dict(tags) for name in resource_ids}

    def schedule_start(self, schedule_id: str) -> ScheduleStart | None:
        """Return what was set."""
        begins = self.schedules.get(schedule_id)
        return None if begins is None else ScheduleStart(begins=begins, now=self.now)

    def move_schedule(self, schedule_id: str, begins: float) -> None:
        """Remember it; `may_move` says whether the caller may."""
        if not self.may_move:
            raise MayNot("your AWS user or role may not do scheduler:UpdateSchedule")
        if schedule_id in self.removed_schedules:
            error = CloudError(f"Schedule {schedule_id} does not exist.")
            error.code = "ResourceNotFoundException"
            raise error
        self.calls.append(("move_schedule", schedule_id))
        self.schedules[schedule_id] = begins

    def remove(self, one: CloudResource) -> bool:
        """Remove a thing; `held` has the number of tries that it is held for, or a refusal."""
        held = self.held.get(one.resource_id, 0)
        if isinstance(held, CloudError):
            raise held
        self.held[one.resource_id] = held - 1
        if held > 0:
            return False
        self.things.remove(one)
        self.removed.append(one.resource_id)
        return True

    def has_image(self, ami_id: str) -> bool:
        """Tell whether it was set."""
        return ami_id in self.images

    def public_key(self, key_name: str) -> str | None:
        """Return what was set."""
        return self.pairs.get(key_name)

    def holders(self, resource_id: str) -> list[str]:
        """Return what was set."""
        return self.holding

    def type_facts(self, instance_type: str) -> TypeFacts | None:
        """Return what is sold under this name."""
        return self.types.get(instance_type)

    def stop(self, instance_id: str) -> None:
        """Stop: it has no public address then."""
        self._changed(("stop",), state="stopped", public_ip="")

    def start(self, instance_id: str) -> None:
        """Start at a new address, or refuse as told: a refusal for each start, None lets it through."""
        self.calls.append(("start",))
        if refusal := self.refusals.pop(0) if self.refusals else None:
            raise refusal
        self._changed((), state="running", public_ip=MOVED_TO)

    def set_type(self, instance_id: str, instance_type: str) -> None:
        """Take the type."""
        self._changed(("set_type", instance_type), instance_type=instance_type)

    def _changed(self, call: tuple[str, ...], **values: Any) -> None:
        self.calls += [call] if call else []
        assert self.one
        self.one = dataclasses.replace(self.one, **values)

    def terminate(self, instance_ids: Sequence[str]) -> None:
        """Remember them."""
        self.terminated += instance_ids

    def run(self, instance_id: str, command: str) -> str:
        """Return what the agent says."""
        if isinstance(self.agent, CloudError):
            raise self.agent
        return self.agent

    def console(self, instance_id: str) -> str:
        """Return the next console."""
        return self.consoles.pop(0) if len(self.consoles) > 1 else self.consoles[0]

    def shutdown_behavior(self, instance_id: str) -> str:
        """Say what a power-off does."""
        return "stop"

    def is_protected(self, instance_id: str) -> bool:
        """Tell what was set, or refuse to."""
        if isinstance(self.protected, CloudError):
            raise self.protected
        return instance_id in self.protected

    def unprotect(self, instance_id: str) -> None:
        """Remember it."""
        self.calls.append(("unprotect", instance_id))


class FakeSshClient:
    """A host that answers at some addresses, and says what it was told to at each look."""

    def __init__(
        self,
        *,
        answers_at: Sequence[str] = (),
        looks: Sequence[str | None] = ("",),
        strangers: Sequence[str] = (),
        is_open: bool = False,
    ) -> None:
        self.answers_at = set(answers_at)
        self.open = is_open
        self.looks = list(looks)
        self.strangers = set(strangers)
        self.keys: dict[str, list[str]] = {}
        self.addresses: list[str] = []
        self.forgotten: list[str] = []
        self.closed: list[str] = []
        self.met = ""
        self.trouble: ConfigError | None = None

    def pinned(self, host: Host) -> bool:
        """Tell whether a key was pinned."""
        return host.instance_id in self.keys

    def pin(self, host: Host, keys: Sequence[str]) -> None:
        """Remember the keys."""
        self.keys[host.instance_id] = list(keys)

    def forget(self, host: Host) -> None:
        """Remember that it was forgotten."""
        self.forgotten.append(host.instance_id)

    def close(self, host: Host) -> None:
        """Remember that the connection was ended."""
        self.closed.append(host.instance_id)
        self.open = False

    def met_at(self, host: Host, *, since: Path) -> str:
        """Return where the host was met."""
        return self.met

    def configure(self, host: Host, *, address: str) -> None:
        """Remember the address."""
        self.addresses.append(address)

    def is_open(self, host: Host) -> bool:
        """Tell whether a connection is open: one that fails is dropped."""
        return self.open

    def answers(self, address: str) -> bool:
        """Tell whether the address answers."""
        return address in self.answers_at

    def run(self, host: Host, command: str, *, timeout_s: float) -> str:
        """Return the next look; None is a host that does not let us in, a stranger has another key."""
        if self.addresses[-1] in self.strangers:
            raise KeyChanged("another host key")
        text = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if text is None:
            self.open = False
            raise Unreachable("Connection timed out")
        if text == REFUSED:
            raise Refused(text)
        return text

    def key_trouble(self, private: Path, stack: str) -> ConfigError | None:
        """Return what was set."""
        return self.trouble

    def argv(self, host: Host, command: Sequence[str], *, options: Sequence[str] = ()) -> list[str]:
        """Return a command line."""
        return ["ssh", *options, host.stack, *command]


class LocalSsh(FakeSshClient):
    """A program that stands for ssh: its command line, of which options come before the last word."""

    def __init__(self, *line: str) -> None:
        super().__init__()
        self.line = line

    def argv(self, host: Host, command: Sequence[str], *, options: Sequence[str] = ()) -> list[str]:
        """Return the program's command line."""
        *ssh, alias = self.line
        return [*ssh, *options, alias, *(["--"] if command else []), *command]


def client(line: Sequence[str]) -> SshHostClient:
    """Return the real client of the host's program, over a program that stands for ssh."""
    return SshHostClient(LocalSsh(*line))


def fake_world(directory: Path, **parts: Any) -> World:
    """Return a world; what a test is not about is a recorded, running, unchanged host."""
    time = parts.pop("time", None) or FakeTime()
    terraform = parts.pop("terraform", None) or FakeTerraform(Outcome(ok=True))
    cloud = parts.pop("cloud", None) or FakeCloud()
    records: Sequence[Record] = parts.pop("records", (RECORDED,))
    later = parts.pop("later_starts", None) or NoLaterStarts()
    files = parts.pop("files", None) or FakeStackFiles(directory)
    return World(
        here=directory,
        folder="project",
        project=Project(root=directory),
        files=files,
        user_data=files,
        values=parts.pop("values", None) or FakeValues(),
        state=parts.pop("state", None) or FakeState(*records),
        reporter=parts.pop("reporter", None) or FakeReporter(),
        ssh=parts.pop("ssh", None) or FakeSshClient(),
        host=parts.pop("host", None) or FakeHostClient({}),
        clock=time.clock(),
        events=parts.pop("events", None) or FakeEventLog(),
        end_host=parts.pop("end_host", lambda *_: None),
        terraform=lambda: terraform,
        cloud=lambda region, settings: cloud,
        start_host=parts.pop("start_host", power.start),
        other_hosts=lambda: parts.get("others", ()),
        price_source=parts.pop("price_source", nobody_to_ask),
        pool_record=parts.pop("pool_record", None) or FakePoolRecord(),
        later_starts=lambda *_: later,
        quota_source=parts.pop("quota_source", no_quotas),
        account_reader=parts.pop("account_reader", no_account),
        price_cache=parts.pop("price_cache", Path(os.devnull)),
    )
