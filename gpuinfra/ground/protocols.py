"""All that gpuinfra can do to the world, as Protocols; adapters fit them by shape, tests pass fakes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gpuinfra.ground.boot_status import Boot
from gpuinfra.ground.job_protocols import HostClient
from gpuinfra.ground.model import Change, Host, Instance, Outcome, Progress, Record, Settings, Tags

OnProgress = Callable[[Progress], None]


class Provisioner(Protocol):
    """Terraform, working in one stack's directory."""

    def init(self) -> None:
        """Install the provider and modules if needed; raises TerraformError."""

    def plan(self, out: Path, *, replace: Sequence[str], on_progress: OnProgress) -> Outcome:
        """Plan into the file `out` (0600); the outcome holds the changes."""

    def details(self, plan: Path) -> tuple[Change, ...]:
        """Return the changes of a saved plan with their attributes; starts the provider."""

    def apply(
        self, plan: Path | None, *, replace: Sequence[str], target: Sequence[str], on_progress: OnProgress
    ) -> Outcome:
        """Apply a saved plan, or plan and apply in one go."""

    def refresh(self, *, on_progress: OnProgress) -> Outcome:
        """Write what AWS shows now, and pending moves of addresses, into the state; AWS is only asked."""

    def destroy(self, *, on_progress: OnProgress) -> Outcome:
        """Destroy everything in the state."""


class Cloud(Protocol):
    """The AWS calls that gpuinfra makes itself, in one region; each raises CloudError."""

    def tagged_instances(self, tags: Tags) -> list[Instance]:
        """Return the instances that carry these tags and are not terminated."""

    def instance(self, instance_id: str) -> Instance | None:
        """Return one instance, None when AWS does not know it (any more)."""

    def terminate(self, instance_ids: Sequence[str]) -> None:
        """Terminate instances and wait until they are gone."""

    def console(self, instance_id: str) -> str:
        """Return what the instance has printed to its serial console so far."""

    def run(self, instance_id: str, command: str) -> str:
        """Run a command through Systems Manager; return its stdout, empty when nobody answers."""

    def shutdown_behavior(self, instance_id: str) -> str:
        """Return what a power-off from inside does to the instance: stop or terminate."""


class Reporter(Protocol):
    """The person at the terminal."""

    def say(self, text: str) -> None:
        """Tell one line."""

    def show_plan(self, changes: Sequence[Change], settings: Settings) -> None:
        """Show what would be done."""

    def progress(self, title: str) -> "ProgressView":
        """Open a live view of a running Terraform."""

    def boot_view(self) -> "BootView":
        """Open a view of a booting host."""

    def confirm(self, question: str) -> bool:
        """Ask a yes/no question; no terminal is an error, not a yes."""


class ProgressView(Protocol):
    """A live view, open while Terraform runs."""

    def __enter__(self) -> OnProgress:
        """Start to show; the value takes each step."""

    def __exit__(self, *exc: object) -> None:
        """Stop to show."""


class BootView(Protocol):
    """A view of a booting host, open while it is watched."""

    def __enter__(self) -> Callable[[Boot], None]:
        """Start to show; the value takes each look."""

    def __exit__(self, *exc: object) -> None:
        """Stop to show."""


class StateFile(Protocol):
    """The record that Terraform keeps of a stack."""

    path: Path

    def read(self) -> Record:
        """Return the record, empty when there is none; raises ConfigError when it is damaged."""

    def rescue(self, text: str) -> Path | None:
        """Keep a state that Terraform could not write: `text`, or errored.tfstate; None if there is none."""


class Values(Protocol):
    """A stack's terraform.tfvars."""

    def exists(self) -> bool:
        """Tell whether the stack has been set up."""

    def read(self) -> Settings:
        """Return what gpuinfra needs; raises ConfigError when it is missing or not HCL."""

    def create(self, values: Mapping[str, object]) -> Path:
        """Write it from the example with these values, and link the root module into the stack."""

    def change(self, values: Mapping[str, object]) -> None:
        """Replace single values; all else stays as the user wrote it."""


class StackFiles(Protocol):
    """The files of one stack beside its values and its state."""

    name: str
    plan_file: Path

    def free_mb(self) -> int:
        """Return the free space where the state is written, in MB."""

    def nonce(self) -> str:
        """Return what marks the host's keys on its console."""

    def write_user_data(self, data: bytes) -> None:
        """Write the first-boot instructions for Terraform."""

    def clean(self) -> None:
        """Delete what is worthless once the host is gone."""


class UserData(Protocol):
    """What the project gives to a host at its first boot."""

    def write(self, settings: Settings) -> tuple[str, ...]:
        """Write the first-boot instructions, return warnings; raises ConfigError if they cannot be sent."""

    def lock(self) -> bytes | None:
        """Return environment.lock, None when there is none: the host may have to wait for it."""


class SshClient(Protocol):
    """The way to a host's shell: OpenSSH, with a configuration of our own for each stack."""

    def pinned(self, host: Host) -> bool:
        """Tell whether the host's key is known."""

    def pin(self, host: Host, keys: Sequence[str]) -> None:
        """Keep the host's true keys."""

    def forget(self, host: Host) -> None:
        """Delete what is kept of the host, its open connection included."""

    def configure(self, host: Host, *, address: str) -> None:
        """Write the configuration for the host at this address; empty: at the one that it has already."""

    def is_open(self, host: Host) -> bool:
        """Tell whether a connection is open already."""

    def answers(self, address: str) -> bool:
        """Tell whether something listens on the ssh port."""

    def run(self, host: Host, command: str, *, timeout_s: float) -> str:
        """Run a command; return its stdout; raises Unreachable (not in, or not yet) or KeyChanged."""

    def argv(self, host: Host, command: Sequence[str]) -> list[str]:
        """Return the command line of a session at the user's terminal."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Time as an argument: `sleep` in seconds, `now` in seconds from any zero."""

    sleep: Callable[[float], None]
    now: Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class World:
    """All the ports of one stack; Terraform and AWS are made only when a command needs them."""

    files: StackFiles
    user_data: UserData
    values: Values
    state: StateFile
    reporter: Reporter
    ssh: SshClient
    host: HostClient
    clock: Clock
    terraform: Callable[[], Provisioner]
    cloud: Callable[[str, Settings | None], Cloud]
