"""Stand-ins for the world, over 200 lines as there is a class for each: they remember, and answer as told."""

import dataclasses
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from gpuinfra.features.provision.resource_names import INSTANCE, SECURITY_GROUP
from gpuinfra.ground.account_facts import LaunchValues
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Change, Instance, Outcome, Record, Settings
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.world import Clock
from tests import samples
from tests.fakes.view import FakeView

SETTINGS = Settings(
    stack="default",
    owner="tester",
    region="us-east-1",
    instance_type="g4dn.xlarge",
    image="nvidia",
    root_volume_size_gb=128,
    allowed_cidrs=("52.94.76.10/32",),
    installer="miniconda",
    project="gpuinfra",
)
NONCE = "0123456789abcdef" * 2
RUNNING = Instance(
    instance_id=str(samples.OUTPUTS["instance_id"]),
    state="running",
    instance_type="g4dn.xlarge",
    public_ip=str(samples.OUTPUTS["public_ip"]),
    availability_zone=str(samples.OUTPUTS["availability_zone"]),
    architecture="x86_64",
    ami_id=str(samples.OUTPUTS["ami_id"]),
)
RECORDED = Record(
    resources={
        INSTANCE: RUNNING.instance_id,
        f"{SECURITY_GROUP}.aws_security_group.this": str(samples.OUTPUTS["security_group_id"]),
    },
    outputs=samples.OUTPUTS,
    host=samples.host(),
    region=SETTINGS.region,
    tags=SETTINGS.tags,
)


ENVIRONMENT = b"name: gpu\n"


class FakeTime:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds

    def clock(self) -> Clock:
        """Return it as the world has it."""
        return Clock(sleep=self.sleep, now=lambda: self.now_s)


class FakeReporter:
    """Answers questions as the test says."""

    def __init__(self, answer: bool = True, at_terminal: bool = False) -> None:
        self.answer = answer
        self.at_terminal = at_terminal
        self.said: list[str] = []
        self.asked: list[str] = []
        self.options: list[str] = []
        self.view = FakeView()

    def say(self, text: str) -> None:
        """Remember a line."""
        self.said.append(text)

    def live(self, title: str) -> "FakeView":
        """Open the view."""
        return self.view

    def confirm(self, question: str, *, word: str = "", option: str = "--yes") -> bool:
        """Answer."""
        self.options.append(option)
        self.asked.append(f"{question} Type {json.dumps(word)}" if word else question)
        return self.answer

    def offer(self, question: str) -> bool:
        """Answer if there is a terminal."""
        return self.at_terminal and self.confirm(question)


class FakeEventLog:
    """Remembers events; those of before are given."""

    def __init__(self, *before: dict[str, Any]) -> None:
        self.events = list(before)
        self.noted: list[str] = []

    def note(self, command: str, instance_id: str) -> None:
        """Remember a command."""
        self.noted.append(command)

    def keep(self, events: Sequence[Mapping[str, Any]], instance_id: str) -> None:
        """Remember them."""
        self.events += [dict(one) for one in events]

    def read(self) -> list[dict[str, Any]]:
        """Return them."""
        return self.events


class FakeState:
    """A state file; the last record is read for ever."""

    def __init__(self, *records: Record, rescued: Path | None = None) -> None:
        self.path = Path("terraform.tfstate")
        self.records = list(records)
        self.rescued = rescued
        self.exchanged: list[str] = []
        self.kept: Path | None = None

    def read(self) -> Record:
        """Return the next record."""
        return self.records.pop(0) if len(self.records) > 1 else self.records[0]

    def rescue(self, text: str) -> Path | None:
        """Return what the test set."""
        return self.rescued

    def text(self) -> str:
        """Return nothing that Terraform would write."""
        return "{}"

    def take_out(self, addresses: Collection[str]) -> None:
        """Keep all: see LocalState for the real one."""

    def put_back(self, before: str, addresses: Collection[str], *, into: Path | None = None) -> None:
        """Keep all."""

    def exchange(self, new: Path | None) -> Path | None:
        """Remember what the new one says; it is whole."""
        self.exchanged.append(new.read_text() if new else "")
        return self.kept


class FakePoolRecord:
    """The record of where a host was found; remembers each."""

    def __init__(self, values: "FakeValues | None" = None) -> None:
        self.values = values
        self.written: list[Pool | None] = []

    def write(self, pool: Pool | None) -> None:
        """Remember it; the values say it from now on."""
        self.written.append(pool)
        if self.values:
            asked = self.values.settings
            first = pool.instance_type if pool else (asked.instance_types or (asked.instance_type,))[0]
            self.values.settings = dataclasses.replace(asked, pool=pool, instance_type=first)

    def delete(self) -> None:
        """Remember that as well."""
        self.write(None)


class FakeValues:
    """A terraform.tfvars."""

    def __init__(self, settings: Settings = SETTINGS, exists: bool = True) -> None:
        self.settings = settings
        self.there = exists
        self.for_launch = LaunchValues()
        self.key = ""
        self.beside: tuple[Path, ...] = ()
        self.written: list[dict[str, object]] = []

    def exists(self) -> bool:
        """Tell whether it is there."""
        return self.there

    def others(self) -> tuple[Path, ...]:
        """Return what the test put beside it."""
        return self.beside

    def read(self) -> Settings:
        """Return the settings; refuse what lies beside it."""
        if self.beside:
            raise ConfigError(f"{self.beside[0]} overrides terraform.tfvars")
        return self.settings

    def launch_values(self) -> LaunchValues:
        """Return what the test set."""
        return self.for_launch

    def defaults(self) -> Settings:
        """Return the settings of the tests."""
        return self.settings

    def public_key(self) -> str:
        """Return the key that the test set."""
        return self.key

    def private_key(self) -> Path:
        """Return a path."""
        return Path("/home/me/.ssh/id_ed25519")

    def create(self, values: Any, *, profile: Path | None = None) -> Path:
        """Remember what was written."""
        self.written.append(dict(values))
        return Path("terraform.tfvars")

    def change(self, values: Any) -> None:
        """Remember what was changed."""
        self.written.append(dict(values))


class FakeStackFiles:
    """The files of a stack, and what the project gives to its host."""

    def __init__(self, directory: Path, free_mb: int = 10_000) -> None:
        self.name = "default"
        self.plan_file = directory / "plan"
        self.free = free_mb
        self.rendered: list[Settings] = []
        self.given = {"environment.yml": ENVIRONMENT}
        self.refusal: ConfigError | None = None
        self.held_lock: bytes | None = None
        self.hook: bytes | None = None
        self.warnings: tuple[str, ...] = ()
        self.cleaned = False
        self.heard: dict[str, str] = {}

    def free_mb(self) -> int:
        """Return the free space."""
        return self.free

    def nonce(self) -> str:
        """Return the nonce."""
        return NONCE

    def write_user_data(self, data: bytes) -> None:
        """Write nothing."""

    def cuda(self, image: str) -> str:
        """Return what was kept for this image."""
        return self.heard.get(image, "")

    def write_cuda(self, image: str, cuda: str) -> None:
        """Keep it."""
        self.heard[image] = cuda

    def lock(self) -> bytes | None:
        """Return the lock of the project."""
        return self.held_lock

    def on_stop(self) -> bytes | None:
        """Return what the test set."""
        return self.hook

    def digests(self) -> dict[str, str]:
        """Return those of the files that the test set."""
        return {name: hashlib.sha256(data).hexdigest() for name, data in self.given.items()}

    def require(self, settings: Settings) -> None:
        """Refuse what the test says."""
        if self.refusal:
            raise self.refusal

    def parcel(self, settings: Settings) -> tuple[bytes, tuple[str, ...]]:
        """Remember for whom it was made; refuse what the test says."""
        self.rendered.append(settings)
        if self.refusal:
            raise self.refusal
        return b"parcel", self.warnings

    def write(self, settings: Settings) -> tuple[str, ...]:
        """Remember that the first-boot instructions were written."""
        self.rendered.append(settings)
        return self.warnings

    def clean(self) -> None:
        """Remember that it was cleaned."""
        self.cleaned = True


class FakeTerraform:
    """A Terraform that ends as told."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.calls: list[tuple[Any, ...]] = []
        self.instead: dict[str, object] = {}
        self.given: dict[str, object] = {}

    def init(self) -> None:
        """Remember the call."""
        self.calls.append(("init",))

    def give(self, values: Mapping[str, object]) -> None:
        """Remember them."""
        self.given |= values

    def plan(self, out: Path, *, replace: Sequence[str], on_progress: Any) -> Outcome:
        """Leave a plan file."""
        self.calls.append(("plan", tuple(replace)))
        out.write_text("plan")
        return self.outcome

    def details(self, plan: Path) -> tuple[Change, ...]:
        """Return the changes."""
        self.calls.append(("details",))
        return self.outcome.changes

    def apply(
        self, plan: Path | None, *, replace: Sequence[str], target: Sequence[str], on_progress: Any
    ) -> Outcome:
        """Remember whether it was the saved plan."""
        self.calls.append(("apply", plan is not None, tuple(replace), tuple(target)))
        return self.outcome

    def take_over(self, address: str, resource_id: str) -> None:
        """Remember the call."""
        self.calls.append(("take_over", address, resource_id))

    def plan_import(self, out: Path, ids: Mapping[str, str], *, state: Path, on_progress: Any) -> Outcome:
        """Leave a plan file."""
        self.calls.append(("plan_import", dict(ids)))
        out.write_text("plan")
        return self.outcome

    def apply_import(self, plan: Path, *, state: Path, on_progress: Any) -> Outcome:
        """Leave a state."""
        self.calls.append(("apply_import",))
        state.write_text("recovered")
        return self.outcome

    def refresh(self, *, on_progress: Any) -> Outcome:
        """Remember the call."""
        self.calls.append(("refresh",))
        return self.outcome

    def destroy(self, *, instead: Any, on_progress: Any) -> Outcome:
        """Remember the call."""
        self.calls.append(("destroy",))
        self.instead = dict(instead)
        return self.outcome
