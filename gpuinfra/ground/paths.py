"""Where things are: the project, its stacks, the user's XDG directories. Writes nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.ground import locations
from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.names import DEFAULT_STACK

LOOKED_FOR = "looked for gpuinfra/terraform.tfvars, or a clone's terraform/main.tf"
BEGIN = "cd into your project, there: gpuinfra init"
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
    def events_file(self) -> Path:
        """What happened to the stack's hosts, as far as this machine has heard."""
        return self.directory / "events.jsonl"

    @property
    def nonce_file(self) -> Path:
        """What marks the host's keys on its console; lost, the host can no longer be verified."""
        return self.directory / "host-key-nonce"

    @property
    def cuda_file(self) -> Path:
        """What CUDA the host has, as it said after its first boot."""
        return self.directory / "host-cuda.json"

    @property
    def pool_file(self) -> Path:
        """Where the host was found; Terraform reads it after terraform.tfvars."""
        return self.directory / "pool.auto.tfvars.json"

    @property
    def user_data(self) -> Path:
        """The rendered first-boot instructions that Terraform sends."""
        return self.directory / "user-data.yaml.gz"


@dataclass(frozen=True, kw_only=True)
class Project:
    """What a user works in: a clone of this repository, or a directory of theirs with a folder gpuinfra/."""

    root: Path

    @property
    def is_clone(self) -> bool:
        """Tell whether it is a clone, which holds module, templates and tools itself."""
        return locations.is_clone(str(self.root))

    @property
    def folder(self) -> Path:
        """The directory of the default stack, in which the others have theirs."""
        return Path(locations.folder(str(self.root)))

    @property
    def is_ejected(self) -> bool:
        """Tell whether the root module in the folder is the user's own (`gpuinfra eject`)."""
        main = self.folder / "main.tf"
        return not self.is_clone and main.is_file() and not main.is_symlink()

    @property
    def last_leaks(self) -> Path:
        """What the last `leaks` has found, in short."""
        return self.folder / "last-leaks.json"

    @property
    def module(self) -> Path:
        """The root module that all stacks share."""
        theirs = self.is_clone or self.is_ejected
        return self.folder if theirs else Path(locations.shipped()) / "terraform"

    @property
    def templates(self) -> Path:
        """The templates of the first boot."""
        return (self.root if self.is_clone else Path(locations.shipped())) / "cloud-init"

    def stack(self, name: str) -> Stack:
        """Return a stack by name, made or not; raises ConfigError for a bad name."""
        if not STACK_NAME.match(name):
            raise ConfigError(
                f"the stack name is {name!r}; it must start with a small letter and hold only a-z, 0-9 and -"
                " (at most 32 characters)",
                hint="gpuinfra up --stack my-host",
            )
        others = Path(locations.stacks(str(self.root)))
        return Stack(name=name, directory=self.folder if name == DEFAULT_STACK else others / name)

    def stacks(self) -> list[Stack]:
        """Return the stacks that were set up, the default one first."""
        names = sorted(path.name for path in Path(locations.stacks(str(self.root))).glob("*"))
        found = [self.stack(name) for name in [DEFAULT_STACK, *names] if STACK_NAME.match(name)]
        return [stack for stack in found if stack.tfvars.exists() or stack.state.exists()]


def find_project(start: Path, environ: Mapping[str, str]) -> Project:
    """Find the project that `start` lies in, else the clone that this package was installed from.

    Raises:
        ConfigError: there is none.
    """
    found = locations.find_project(str(start), environ)
    own = Path(locations.own_clone()).resolve()
    home = environ.get("GPUINFRA_PROJECT")
    if found or not (home or locations.is_installed()):
        return Project(root=Path(found or own).resolve())
    looked = f"in GPUINFRA_PROJECT={home}" if home else f"at or above {start}"
    hint = "unset GPUINFRA_PROJECT   # or let it name a project" if home else BEGIN
    raise ConfigError(f"no gpuinfra project {looked} ({LOOKED_FOR})", hint=hint)


def new_project(directory: Path) -> Project:
    """Return the project that `init` makes of a directory.

    Raises:
        ConfigError: it can be none.
    """
    if locations.is_personal(str(directory)):
        raise ConfigError(
            f"{directory} is no project: sync would take all that is in it",
            hint="mkdir my-project && cd my-project && gpuinfra init",
        )
    return Project(root=directory.resolve())


def tools(project: Project, environ: Mapping[str, str]) -> Path:
    """Return where programs of our own are: in a clone; else one place for all projects."""
    return project.root / ".tools" if project.is_clone else cache_home(environ) / "tools"


def state_home(environ: Mapping[str, str]) -> Path:
    """Return our directory for keys and pins (XDG Base Directory specification, XDG_STATE_HOME)."""
    return Path(locations.state_home(environ))


def cache_home(environ: Mapping[str, str]) -> Path:
    """Return our directory for what can be fetched again (XDG_CACHE_HOME)."""
    return Path(locations.cache_home(environ))
