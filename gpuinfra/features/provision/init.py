"""`init`: write a stack's terraform.tfvars with the caller's own address and key."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.ground import facts, locations
from gpuinfra.ground.errors import ConfigError, Declined
from gpuinfra.ground.names import command
from gpuinfra.ground.paths import Project
from gpuinfra.ground.text import table
from gpuinfra.ground.world import World

GPU_TEST = "test.py"
RUN_GPU_TEST = "run -- python -m test"
DEFAULT_TYPE = "g4dn.xlarge"  # as in terraform.tfvars.example
NO_LIMIT = "no limit"
LIMIT_QUESTION = "AWS stops the host when it has cost so many USD in all"


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A file of values that come before those that are found out, and the names that it sets."""

    path: Path
    names: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class InitValues:
    """What to write; each is found out only if the user did not say it.

    Nothing found out leaves what the profile says, or the module's own default.
    """

    region: Callable[[], str]
    owner: Callable[[], str]
    cidr: Callable[[], str]
    public_key: Callable[[], Path | None]
    instance_type: Callable[[], str] = str
    max_usd: Callable[[], str] = str
    profile: Profile | None = None


def init(world: World, values: InitValues, *, force: bool) -> Path:
    """Write the stack's terraform.tfvars and install the provider; never over a file without asking.

    Raises:
        Declined: the user keeps the existing file.
    """
    question = "terraform.tfvars exists; write a new one over it?"
    if world.values.exists() and not force and not world.reporter.confirm(question, option="--force"):
        raise Declined("terraform.tfvars was left as it is", hint="gpuinfra plan")
    path = _write(world, values)
    _add_gpu_test(world)
    with world.reporter.live("Installing Terraform's AWS provider"):
        world.terraform().init()
    try:
        world.user_data.digests()
    except ConfigError as error:  # the project's environment.yml may come later
        world.reporter.say(error.message)
    world.reporter.say(f"next: edit it if you like, then {command('up', world.files.name)}")
    return path


def ensure(world: World, values: InitValues) -> None:
    """Write terraform.tfvars if this is the first command of a new user."""
    if not world.values.exists():
        world.reporter.say("no terraform.tfvars yet: writing one")
        _write(world, values)


def profile_file(project: Project, name: str, start: Path) -> Path:
    """Return the file of values that a user names: another stack's, or any file.

    Raises:
        ConfigError: there is none of that name.
    """
    stacks = {stack.name: stack.tfvars for stack in project.stacks() if stack.tfvars.exists()}
    path = stacks.get(name, start / Path(name).expanduser())
    if path.is_file():
        return path
    there = ", ".join(stacks) or "none yet"
    raise ConfigError(
        f"--from says {name!r}: there is no such file, and the stacks of this project are: {there}",
        hint="gpuinfra init --stack b --from default   # or: --from profiles/big.tfvars",
    )


def type_question() -> str:
    """Return the question for a type, with those to choose from."""
    rows = [
        (name, f"{count}", gpu, f"{mib / 1024:.0f} GiB") for name, count, gpu, mib in facts.smallest_types()
    ]
    choice = table([("type", "GPUs", "GPU", "memory of each"), *rows])
    return f"{choice}\nThe smallest type of each GPU; any other EC2 type will do, too.\ninstance type"


def usd_of(text: str) -> float | None:
    """Return a sum that a user typed; None for no limit.

    Raises:
        ConfigError: it is no number above 0.
    """
    plain = text.strip().removesuffix("USD").removeprefix("$").strip()
    if plain in ("", NO_LIMIT):
        return None
    try:
        value = float(plain)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ConfigError(
            f"the limit is {text!r}; it must be a sum in USD above 0, such as 20",
            hint="gpuinfra init --max-usd 20",
        )
    return int(value) if value == int(value) else value


def owner_of(login: str) -> str:
    """Return a login name as an owner, which has fewer letters: a-z first, then also 0-9 . @ -."""
    letters = re.sub(r"[^a-z0-9@.-]", "-", login.lower())
    return re.sub(r"^[^a-z]+", "", letters)[:64].rstrip("-") or "me"


def project_of(folder: str) -> str:
    """Return a directory's name as a project, a tag: a letter first, then also 0-9 and -."""
    letters = re.sub(r"[^a-z0-9-]", "-", folder.lower())
    return re.sub(r"^[^a-z]+", "", letters)[:32].rstrip("-") or "project"


def _add_gpu_test(world: World) -> None:
    """Give a project a test.py (a clone has one): `python -m test` else starts CPython's own tests.

    One that is there is the user's, and so is a package of that name.
    """
    root = world.project.root
    if world.project.is_clone or (root / GPU_TEST).exists() or (root / "test").exists():
        return
    (root / GPU_TEST).write_bytes((Path(locations.shipped()) / GPU_TEST).read_bytes())
    says = command(RUN_GPU_TEST, world.files.name)
    world.reporter.say(f"wrote {GPU_TEST}: {says}   # on the host: what Python makes of its GPUs")


def _write(world: World, values: InitValues) -> Path:
    instance_type, region, owner = values.instance_type(), values.region(), values.owner()
    cidr, key = values.cidr(), values.public_key()
    limit, profile = usd_of(values.max_usd()), values.profile.path if values.profile else None
    said = {"owner": owner, "region": region, "instance_type": instance_type, "public_key_path": key}
    found: dict[str, object] = {"stack": world.files.name, "allowed_cidrs": [cidr]}
    found |= {name: str(value) for name, value in said.items() if value}
    found |= {} if limit is None else {"max_usd": limit}
    if not world.project.is_clone:  # else two projects of one user would have the same host
        found["project"] = project_of(world.project.root.name)
    path = world.values.create(found, profile=profile)
    world.reporter.say(f"wrote {path}")
    world.reporter.say(f"  region {region or f'as in {profile}'}, ssh from {cidr} only")
    if limit is not None:
        world.reporter.say(f"  AWS stops the host when it has cost {limit:g} USD")
    world.reporter.say(f"  key {key or f'as in {profile}'}")
    return path
