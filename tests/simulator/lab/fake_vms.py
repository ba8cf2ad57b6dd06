"""A hypervisor over hosts that end when a test says so, and an API that lists what a test has set."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gpuinfra.simulator.lab.machines.host import End
from gpuinfra.simulator.lab.machines.hypervisor import Hypervisor
from gpuinfra.simulator.machine import Machine


@dataclass(kw_only=True)
class FakeVm:
    """A host that ends when the test says so."""

    machine: Machine
    pressed: list[int] = field(default_factory=list)
    was_killed: bool = False
    end: End | None = None

    def press(self, button: int) -> None:
        """Note it."""
        self.pressed.append(button)

    def kill(self) -> None:
        """Note it."""
        self.was_killed = True

    def ended(self) -> End | None:
        """Return what the test has set."""
        return self.end


@dataclass(kw_only=True)
class HypervisorUnderTest:
    """A hypervisor over fake hosts; `hosts` holds every boot so far."""

    listed: list[Machine] = field(default_factory=list)
    hosts: list[FakeVm] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    deleted_disks: list[str] = field(default_factory=list)
    of_instances: dict[str, str] = field(default_factory=dict)
    copied: list[tuple[str, str]] = field(default_factory=list)
    let_in: list[Sequence[Machine]] = field(default_factory=list)
    clock: float = 0.0

    def __post_init__(self) -> None:
        self.tested = Hypervisor(
            api=self,
            boot=self._boot,
            delete_disk=self.deleted_disks.append,
            copy_disk=lambda instance_id, image: self.copied.append((instance_id, image)),
            let_in=self.let_in.append,
            now=lambda: self.clock,
        )

    def machines(self) -> list[Machine]:
        """Return what the API lists."""
        return self.listed

    def images(self) -> dict[str, str]:
        """Return what the test has set."""
        return self.of_instances

    def powered_off(self, instance_id: str) -> None:
        """Note it."""
        self.told.append(instance_id)

    def show(self, *machines: Machine) -> FakeVm:
        """Let the API list these, tick, and return the last host that was booted."""
        self.listed = list(machines)
        self.tested.tick()
        return self.hosts[-1]

    def _boot(self, machine: Machine) -> FakeVm:
        self.hosts.append(FakeVm(machine=machine))
        return self.hosts[-1]
