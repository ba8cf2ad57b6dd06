"""The hosts' base image: Debian packages by mmdebstrap, kept in the cache under the hash of its recipe."""

import fcntl
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.ticker import ticking

# cloud-init as near as can be to that of today's Ubuntu images; tried first
PREFERRED_SUITE = "trixie"
PACKAGES = (
    "bzip2",
    "ca-certificates",
    "cloud-init",
    "cron",
    "curl",
    "dbus",
    "git",
    "iproute2",
    "libpam-systemd",
    "openssh-server",
    "procps",
    "python3",
    "rsync",
    "sudo",
    "systemd-sysv",
    "tmux",
)
OPTIONS = (
    "--variant=minbase",
    '--aptopt=Acquire::Languages "none"',
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    # git brings Perl, 50 MB of which nothing here needs a module (debconf has those of perl-base)
    "--dpkgopt=path-exclude=/usr/share/perl/*",
    "--dpkgopt=path-exclude=/usr/lib/*/perl/*",
    "--dpkgopt=path-exclude=/usr/lib/*/libperl*",
    "--quiet",
)
HOOK = Path(__file__).with_name("image.sh")
# of this machine's apt, what says how to reach the mirror
_CARRIED = ("Acquire::http", "Acquire::https", "Acquire::Retries", "Acquire::Check-", "Acquire::ForceIPv4")

Command = Callable[[list[str]], str]


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """Where this machine itself gets its packages from."""

    uri: str
    suite: str
    components: str


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides what the image holds, apart from the packages' versions of the day."""

    mirror: Mirror
    hook: str
    architecture: str

    @property
    def file_name(self) -> str:
        """Return the name in the cache."""
        parts = [self.mirror.uri, self.mirror.suite, self.mirror.components, self.hook, self.architecture]
        text = json.dumps([parts, PREFERRED_SUITE, PACKAGES, OPTIONS])
        return f"base-{hashlib.sha256(text.encode()).hexdigest()[:16]}.tar.zst"


def run(command: list[str]) -> str:
    """Run a command and return its output."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read_mirror(codename: str, command: Command = run) -> Mirror:
    """Ask apt, however it is set up, where the packages of this machine's own release are."""
    listing = command(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"]
    )
    lines = [line.split() for line in listing.splitlines() if len(line.split()) == 3]
    mine = [
        line
        for line in lines
        if line[1] == codename and "main" in {it[2] for it in lines if it[0] == line[0]}
    ]
    if not mine:
        raise GpuInfraError(f"apt on this machine has no source for {codename}", hint="sudo apt-get update")
    uri = mine[0][0]
    components = sorted({line[2] for line in mine if line[0] == uri} & {"main", "universe"})
    return Mirror(uri=uri, suite=codename, components=",".join(components))


def read_recipe() -> Recipe:
    """Return the recipe for this machine."""
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    return Recipe(
        mirror=read_mirror(codename), hook=HOOK.read_text(encoding="utf-8"), architecture=platform.machine()
    )


def cache_dir(environ: Mapping[str, str]) -> Path:
    """Return where images are kept."""
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gpuinfra" / "lab"


def ensure(environ: Mapping[str, str]) -> Path:
    """Return the image's archive, making it first if need be: about a minute, from the Debian mirror."""
    recipe = read_recipe()
    archive = cache_dir(environ) / recipe.file_name
    archive.parent.mkdir(parents=True, exist_ok=True)
    with _locked(archive.with_suffix(".lock")):
        for draft in archive.parent.glob(f".*.{archive.name}"):  # of a build that was killed
            draft.unlink()
        if not archive.exists():
            with ticking("making the simulated hosts' image from Debian packages (once, about a minute)"):
                build(recipe, archive)
    return archive


def build(recipe: Recipe, archive: Path) -> None:
    """Make the archive; it appears whole or not at all. The caller holds the lock."""
    draft = archive.with_name(f".{os.getpid()}.{archive.name}")
    with tempfile.TemporaryDirectory(prefix="gpuinfra-image-") as scratch:
        Path(scratch).chmod(0o755)  # mmdebstrap reads from it as another user when not root
        command = [*_mmdebstrap(recipe, Path(scratch)), choose_suite(recipe.mirror)]
        try:
            done = subprocess.run([*command, draft, recipe.mirror.uri], stdout=sys.stderr, check=False)
            if done.returncode:
                raise GpuInfraError(
                    f"mmdebstrap ended with exit code {done.returncode} (its words are above)"
                )
            draft.replace(archive)
        finally:
            draft.unlink(missing_ok=True)


def _mmdebstrap(recipe: Recipe, scratch: Path) -> list[str]:
    apt_conf, hook = scratch / "apt.conf", scratch / "hook.sh"
    apt_conf.write_text(_carried_settings(run(["apt-config", "dump"])), encoding="utf-8")
    hook.write_text(recipe.hook, encoding="utf-8")
    return [
        *("setpriv", "--pdeathsig", "TERM"),  # it cleans up when it is ended: let that be when we are
        "mmdebstrap",
        *OPTIONS,
        f"--include={','.join(PACKAGES)}",
        f"--aptopt={apt_conf}",
        f"--components={recipe.mirror.components}",
        f'--customize-hook=sh {hook} "$1"',
    ]


def choose_suite(mirror: Mirror, command: Command = run) -> str:
    """Return the preferred suite if the mirror has it, else the machine's own; apt itself fetches."""
    with tempfile.TemporaryDirectory(prefix="gpuinfra-suite-") as scratch:
        url = f"{mirror.uri.rstrip('/')}/dists/{PREFERRED_SUITE}/InRelease"
        try:
            command(["/usr/lib/apt/apt-helper", "download-file", url, f"{scratch}/InRelease"])
        except subprocess.CalledProcessError:
            return mirror.suite
    return PREFERRED_SUITE


def _carried_settings(dump: str) -> str:
    return "".join(f"{line}\n" for line in dump.splitlines() if line.startswith(_CARRIED))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several labs may start at once: one builds, the others wait
        yield
