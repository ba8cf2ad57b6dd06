"""What several features can do to the world, as Protocols: over 200 lines, one class each.

Tools fit them by shape, tests pass fakes. What one feature alone needs (rsync, a tunnel, a solver ...) is a
protocol of that feature.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gpuinfra.ground.account_facts import LaunchValues
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import (
    Change,
    CloudResource,
    FirewallRule,
    Host,
    HostDetails,
    Instance,
    Inventory,
    Outcome,
    Part,
    Progress,
    Record,
    Row,
    ScheduleStart,
    Settings,
    Tags,
    TypeFacts,
)
from gpuinfra.ground.pool import Pool
from gpuinfra.ground.price_list import GpuType, PricedProduct

OnProgress = Callable[[Progress], None]
Request = dict[str, Any]


class Provisioner(Protocol):
    """Terraform, working in one stack's directory."""

    def init(self) -> None:
        """Install the provider and modules if needed; raises TerraformError."""

    def give(self, values: Mapping[str, object]) -> None:
        """Set variables that no file holds, for all runs from now on."""

    def plan(self, out: Path, *, replace: Sequence[str], on_progress: OnProgress) -> Outcome:
        """Plan into the file `out` (0600); the outcome holds the changes."""

    def details(self, plan: Path) -> tuple[Change, ...]:
        """Return the changes of a saved plan with their attributes; starts the provider."""

    def apply(
        self, plan: Path | None, *, replace: Sequence[str], target: Sequence[str], on_progress: OnProgress
    ) -> Outcome:
        """Apply a saved plan, or plan and apply in one go."""

    def take_over(self, address: str, resource_id: str) -> None:
        """Record what exists at AWS already under an address of the configuration; raises TerraformError."""

    def plan_import(
        self, out: Path, ids: Mapping[str, str], *, state: Path, on_progress: OnProgress
    ) -> Outcome:
        """Plan, for a state file of its own, what takes over the things with these ids, by address."""

    def apply_import(self, plan: Path, *, state: Path, on_progress: OnProgress) -> Outcome:
        """Apply such a plan."""

    def refresh(self, *, on_progress: OnProgress) -> Outcome:
        """Write what AWS shows now, and pending moves of addresses, into the state; AWS is only asked."""

    def destroy(self, *, instead: Mapping[str, object], on_progress: OnProgress) -> Outcome:
        """Destroy everything in the state; `instead`: values for variables that no file sets any more."""


class Cloud(Protocol):
    """The AWS calls that gpuinfra makes itself, in one region; each raises CloudError."""

    def tagged_instances(self, tags: Tags) -> list[Instance]:
        """Return the instances that carry these tags and are not terminated."""

    def instance(self, instance_id: str) -> Instance | None:
        """Return one instance, None when AWS does not know it (any more)."""

    def details(self, instance: Instance) -> HostDetails:
        """Return what belongs to an instance: its GPUs, its disk, who may reach it."""

    def rules(self, group_ids: Sequence[str]) -> list[FirewallRule]:
        """Return all rules of some security groups."""

    def not_ours(self, instance: Instance, known: Collection[str]) -> list[str]:
        """Return, in words, what is attached to an instance, stays when it goes and is not `known`."""

    def inventory(self, tags: Tags, known: Collection[str]) -> Inventory:
        """Return what carries the tags of this project and stack, of any owner, without the `known` ids."""

    def parts(self, instance_id: str, tags: Tags) -> list[Part]:
        """Return a host and all that it stands on, a network with these tags included."""

    def tag(self, resource_ids: Sequence[str], tags: Mapping[str, str]) -> None:
        """Put tags on things in EC2, beside those that they have."""

    def remove(self, one: CloudResource) -> bool:
        """Remove something, or go on with that; tell whether it is gone. False: it takes time, or is held."""

    def holders(self, resource_id: str) -> list[str]:
        """Return, in words, what hangs in a security group, a subnet or a VPC."""

    def type_facts(self, instance_type: str) -> TypeFacts | None:
        """Return what EC2 sells under this name, None when the region has no such type."""

    def has_image(self, ami_id: str) -> bool:
        """Tell whether EC2 shows the account this image."""

    def public_key(self, key_name: str) -> str | None:
        """Return a key pair's public key as type and key, empty where AWS keeps none; None: no such pair."""

    def stop(self, instance_id: str) -> None:
        """Ask EC2 to stop an instance; it takes a minute or more."""

    def start(self, instance_id: str) -> None:
        """Ask EC2 to start a stopped instance; it may refuse."""

    def set_type(self, instance_id: str, instance_type: str) -> None:
        """Give a stopped instance another type."""

    def schedule_start(self, schedule_id: str) -> ScheduleStart | None:
        """Return when a schedule begins, None when AWS knows no such schedule."""

    def move_schedule(self, schedule_id: str, begins: float) -> None:
        """Let a schedule begin at another time, in seconds since 1970."""

    def terminate(self, instance_ids: Sequence[str]) -> None:
        """Terminate instances and wait until they are gone."""

    def console(self, instance_id: str) -> str:
        """Return what the instance has printed to its serial console so far."""

    def run(self, instance_id: str, command: str) -> str:
        """Run a command through Systems Manager; return its stdout, empty when nobody answers."""

    def shutdown_behavior(self, instance_id: str) -> str:
        """Return what a power-off from inside does to the instance: stop or terminate."""

    def is_protected(self, instance_id: str) -> bool:
        """Tell whether somebody has forbidden to terminate an instance."""

    def unprotect(self, instance_id: str) -> None:
        """Allow it again."""


class PriceSource(Protocol):
    """AWS, asked for prices in one region; each raises CloudError."""

    def products(self, service: str, filters: Mapping[str, Sequence[str]]) -> list[PricedProduct]:
        """Return the products whose attributes have one of these values each."""

    def spot(self, instance_types: Sequence[str]) -> dict[str, dict[str, float]]:
        """Return the spot price in force, USD an hour, by type and zone."""

    def gpu_types(self) -> list[GpuType]:
        """Return the types of the region that have NVIDIA GPUs."""


class EventLog(Protocol):
    """What happened to a stack's hosts, as kept on this machine. Nothing of it raises: it ends no command."""

    def note(self, command: str, instance_id: str) -> None:
        """Keep that a command of ours did something to a host."""

    def keep(self, events: Sequence[Mapping[str, Any]], instance_id: str) -> None:
        """Keep what a host has told; what is known already is not kept twice."""

    def read(self) -> list[dict[str, Any]]:
        """Return all of it, in the order in which it was kept."""


class LiveView(Protocol):
    """What goes on just now: finished lines, and below them rows that change."""

    def __enter__(self) -> "LiveView":
        """Start to show."""

    def __exit__(self, *exc: object) -> None:
        """Stop to show."""

    def line(self, text: str) -> None:
        """Tell a line that stays."""

    def rows(self, rows: Sequence[Row]) -> None:
        """Show these rows instead of those before."""


class Reporter(Protocol):
    """The person at the terminal."""

    def say(self, text: str) -> None:
        """Tell one line."""

    def live(self, title: str) -> LiveView:
        """Open a view of something that takes a while; without a terminal, a line per change."""

    def confirm(self, question: str, *, word: str = "", option: str = "--yes") -> bool:
        """Ask a yes/no question; no terminal is an error, not a yes. `word`: only this is a yes.

        option: what says yes without a terminal.
        """

    def offer(self, question: str) -> bool:
        """Ask a yes/no question if there is a terminal; without one the answer is no."""


class StateFile(Protocol):
    """The record that Terraform keeps of a stack."""

    path: Path

    def read(self) -> Record:
        """Return the record, empty when there is none; raises ConfigError when it is damaged."""

    def text(self) -> str:
        """Return the whole of it as Terraform wrote it; empty where there is none."""

    def take_out(self, addresses: Collection[str]) -> None:
        """Forget these, in one step: they live on at AWS; raises TerraformError while Terraform runs."""

    def put_back(self, before: str, addresses: Collection[str], *, into: Path | None = None) -> None:
        """Record these as an earlier text has them, with its outputs; `into`: a copy, the state stays."""

    def rescue(self, text: str) -> Path | None:
        """Keep a state that Terraform could not write: `text`, or errored.tfstate; None if there is none."""

    def exchange(self, new: Path | None) -> Path | None:
        """Put a new state, or none, in the place of the old one; return where that, if any, is kept."""


class PoolRecord(Protocol):
    """The file from which Terraform takes where the host was found; Settings.pool is what it says."""

    def write(self, pool: Pool) -> None:
        """Record a place, in one step."""

    def delete(self) -> None:
        """Forget it: the first place of terraform.tfvars counts."""


class Values(Protocol):
    """A stack's terraform.tfvars."""

    def exists(self) -> bool:
        """Tell whether the stack has been set up."""

    def others(self) -> Sequence[Path]:
        """Return the files beside it whose values Terraform prefers, in silence."""

    def read(self) -> Settings:
        """Return what gpuinfra needs, as Terraform reads it; raises ConfigError where that is not certain."""

    def launch_values(self) -> LaunchValues:
        """Return what only a launch reads; raises ConfigError where the file is missing or is not HCL."""

    def defaults(self) -> Settings:
        """Return what holds for a stack that nobody has set up; empty where a user must say it."""

    def public_key(self) -> str:
        """Return the public key that it names, as type and key; empty when there is none."""

    def private_key(self) -> Path:
        """Return where the private half of the key that it names should be."""

    def create(self, values: Mapping[str, object], *, profile: Path | None = None) -> Path:
        """Write it from the example, a profile and these values; link the root module into the stack."""

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

    def cuda(self, image: str) -> str:
        """Return the CUDA that the host said it has, empty if none was heard or its image was another."""

    def write_cuda(self, image: str, cuda: str) -> None:
        """Keep what the host said."""

    def clean(self) -> None:
        """Delete what is worthless once the host is gone."""


class UserDataFile(Protocol):
    """What the project gives to a host: at its first boot, or later by `env apply`."""

    def write(self, settings: Settings) -> tuple[str, ...]:
        """Write the first-boot instructions, return warnings; raises ConfigError if they cannot be sent."""

    def lock(self) -> bytes | None:
        """Return environment.lock, None when there is none: the host may have to wait for it."""

    def on_stop(self) -> bytes | None:
        """Return what runs before the host ends, None when there is none; raises ConfigError if it cannot."""

    def digests(self) -> Mapping[str, str]:
        """Return the sha256 of each file for the host; raises ConfigError if there is no environment.yml."""

    def require(self, settings: Settings) -> None:
        """Raise the ConfigError that `write` would; write nothing."""

    def parcel(self, settings: Settings) -> tuple[bytes, tuple[str, ...]]:
        """Return the same files for a host that lives, and warnings; raises ConfigError as `write` does."""


class SshClient(Protocol):
    """The way to a host's shell: OpenSSH, with a configuration of our own for each stack."""

    def pinned(self, host: Host) -> bool:
        """Tell whether the host's key is known."""

    def pin(self, host: Host, keys: Sequence[str]) -> None:
        """Keep the host's true keys."""

    def forget(self, host: Host) -> None:
        """Delete what is kept of the host, its open connection included."""

    def close(self, host: Host) -> None:
        """End the shared connection, if there is one."""

    def met_at(self, host: Host, *, since: Path) -> str:
        """Return the address at which the host was met after a file was written; empty if it was not."""

    def configure(self, host: Host, *, address: str) -> None:
        """Write the configuration for the host at this address; empty: at the one that it has already."""

    def is_open(self, host: Host) -> bool:
        """Tell whether a connection is open already."""

    def answers(self, address: str) -> bool:
        """Tell whether something listens on the ssh port."""

    def run(self, host: Host, command: str, *, timeout_s: float) -> str:
        """Return a command's stdout; raises Unreachable (not in, or not yet), Refused or KeyChanged."""

    def key_trouble(self, private: Path, stack: str) -> ConfigError | None:
        """Return why ssh could not log in with a key of this machine; None: it can."""

    def argv(self, host: Host, command: Sequence[str], *, options: Sequence[str] = ()) -> list[str]:
        """Return the command line of a session at the user's terminal, with more options of ssh."""


@dataclass(frozen=True, kw_only=True)
class SessionResult:
    """How a command ended for the terminal attached to it; `detached`: the user left by choice."""

    code: int
    detached: bool = False


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


class HostClient(Protocol):
    """The programs of ours on the host."""

    def ask(self, host: Host, request: Request, *, timeout_s: float) -> Any:
        """Return the reply; raises Unreachable, and a refusal as the error that it is."""

    def attach(self, host: Host, request: Request, *, tty: bool) -> SessionResult:
        """Attach to a command: stdin, stdout, stderr, signals, the terminal's size are this process's."""

    def stream(self, host: Host, request: Request, write: Callable[[bytes], None]) -> tuple[int, int]:
        """Hand what comes to `write`; return ssh's exit code and the bytes that came."""

    def run(
        self,
        host: Host,
        program: Sequence[str],
        *,
        stdin: bytes = b"",
        timeout_s: float | None = None,
        shown: bool = False,
        lend_agent: bool = False,
    ) -> CommandResult:
        """Run a program of the bundle; `shown`: its stderr is shown as it comes; it may use our ssh agent."""

    def send_file(self, host: Host, data: bytes, *, target: str, sha256: str) -> None:
        """Write a file there in one step (0600); `target` is absolute, or below the login user's home."""

    def python(self, host: Host, interpreter: str, script: str, *, timeout_s: float) -> Any:
        """Run a script of ours by a Python on the host; return the JSON of its last line."""
