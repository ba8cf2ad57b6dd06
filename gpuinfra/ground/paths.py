"""Where things are: the project, its stacks, the user's XDG directories. Writes nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.ground import locations
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.names import DEFAULT_STACK

STACK_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One host's directory: a Terraform root module with its own values and state."""

    name: str
    directory: Path

    @property
    def tfvars(self) -> Path:
        """The values that the user edits."""
        return self.directory / "terraform.tfvars"

    @property
    def state(self) -> Path:
        """Terraform's record of what exists."""
        return self.directory / "terraform.tfstate"

    @property
    def plan_file(self) -> Path:
        """The saved plan between showing and applying."""
        return self.directory / "gpuinfra.tfplan"

    @property
    def log_file(self) -> Path:
        """What the last command that took long has told."""
        return self.directory / "last-run.log"

    @property
    def nonce_file(self) -> Path:
        """What marks the host's keys on its console; lost, the host can no longer be verified."""
        return self.directory / "host-key-nonce"

    @property
    def user_data(self) -> Path:
        """The rendered first-boot instructions that Terraform sends."""
        return self.directory / "user-data.yaml.gz"


@dataclass(frozen=True, kw_only=True)
class Project:
    """A clone of this repository."""

    root: Path

    @property
    def module(self) -> Path:
        """The root module, which is also the directory of the default stack."""
        return self.root / "terraform"

    @property
    def tools(self) -> Path:
        """Where set-up puts programs of our own."""
        return self.root / ".tools"

    def stack(self, name: str) -> Stack:
        """Return a stack by name, made or not; raises ConfigError for a bad name."""
        if not STACK_NAME.match(name):
            raise ConfigError(
                f"the stack name is {name!r}; it must start with a small letter and hold only a-z, 0-9 and -"
                " (at most 32 characters)",
                hint="gpuinfra up --stack my-host",
            )
        others = Path(locations.stacks(str(self.root)))
        return Stack(name=name, directory=self.module if name == DEFAULT_STACK else others / name)

    def stacks(self) -> list[Stack]:
        """Return the stacks that were set up, the default one first."""
        names = sorted(path.name for path in Path(locations.stacks(str(self.root))).glob("*"))
        found = [self.stack(name) for name in [DEFAULT_STACK, *names] if STACK_NAME.match(name)]
        return [stack for stack in found if stack.tfvars.exists() or stack.state.exists()]


def find_project(start: Path, environ: Mapping[str, str]) -> Project:
    """Find the clone that `start` lies in, else the one this package was installed from.

    Raises:
        ConfigError: no clone is found.
    """
    found = locations.find_project(str(start), environ)
    own = Path(locations.own_clone()).resolve()
    home = environ.get("GPUINFRA_PROJECT")
    if found or (not home and locations.is_project(str(own))):
        return Project(root=Path(found or own).resolve())
    looked = f"in GPUINFRA_PROJECT={home}" if home else f"at or above {start}"
    raise ConfigError(
        f"no gpuinfra project {looked} (looked for terraform/main.tf and terraform/modules/host/)",
        hint="cd into your clone of gpuinfra",
    )


def state_home(environ: Mapping[str, str]) -> Path:
    """Return our directory for keys and pins (XDG Base Directory specification, XDG_STATE_HOME)."""
    return Path(locations.state_home(environ))


def cache_home(environ: Mapping[str, str]) -> Path:
    """Return our directory for what can be fetched again (XDG_CACHE_HOME)."""
    return Path(locations.cache_home(environ))
