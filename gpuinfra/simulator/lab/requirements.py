"""What a lab needs of this machine, and the reason why a machine cannot run one."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from gpuinfra.ground.errors import ConfigError
from gpuinfra.simulator import programs
from gpuinfra.simulator.programs import search_path

_APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
SCOPED = "GPUINFRA_LAB_SCOPED"
_SCOPE = ("systemd-run", "--user", "--scope", "--quiet", "--property=Delegate=yes")
# a little of everything that a lab asks of the kernel
_PROBE = """\
set -e
ip link add br0 type bridge
ip link add probe0 type veth peer name probe1
nft add table inet probe
mkdir "$1/low" "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=$1/low,upperdir=$1/upper,workdir=$1/work$2" overlay "$1/root"
unshare --uts --ipc --pid --mount --cgroup --fork true
"""


def why_not(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str:
    """Return why hosts cannot boot on this machine and what to do about it; empty if they can."""
    if platform != "linux":
        return f"hosts are booted on Linux only, and this is {platform}: use a Linux virtual machine"
    path = search_path(environ)
    return missing_tools(path) or _rootless_reason(environ) or _probe(path)


def missing_tools(path: str) -> str:
    """Return which programs are not there, and the packages that bring them."""
    missing = programs.missing(path, root=is_root())
    sudo = shutil.which("sudo") is not None
    return programs.what_to_do(missing, root=is_root(), sudo=sudo) if missing else ""


def explain(why: str, *, restricted: bool, root: bool) -> str:
    """Return the reason for the kernel's refusal; `restricted`: AppArmor restricts user namespaces."""
    if restricted and not root:
        return f"AppArmor keeps plain users out of namespaces ({why}): run it as root (sudo)"
    return f"namespaces or overlay mounts are not allowed here ({why}): run it as root, not in a container"


def require_platform() -> None:
    """Raise the error that says why no host can boot on this machine."""
    if reason := why_not():
        raise ConfigError(f"no hosts on this machine: {reason}")


def is_root() -> bool:
    """Tell whether no user namespace is needed."""
    return os.geteuid() == 0


def namespaces() -> list[str]:
    """Return the command that starts a lab's first process."""
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    command += ["--propagation", "private"]
    return command if is_root() else [*command, "--user", "--map-root-user", "--map-auto"]


def cgroup_root() -> Path:
    """Return the version 2 cgroup that this process is in; raises LookupError where there is none."""
    mounts = (line.split() for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines())
    lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    for mount in mounts:
        if mount[2] == "cgroup2":
            inner = next(line.removeprefix("0::") for line in lines if line.startswith("0::"))
            return Path(mount[1] + inner.rstrip("/"))
    raise LookupError("no cgroup2 file system is mounted")


def scope_command(environ: Mapping[str, str]) -> list[str]:
    """Return the prefix that gets a plain user a cgroup of its own; empty when there is one, or no way."""
    if is_root() or SCOPED in environ or _may_write(cgroup_root()) or not _has_user_manager(environ):
        return []
    return list(_SCOPE)


def _rootless_reason(environ: Mapping[str, str]) -> str:
    try:
        root = cgroup_root()
    except LookupError as error:
        return f"{error}: hosts need one (systemd mounts it; in a container, run it privileged)"
    if is_root():
        return ""
    if not _has_subids():
        return (
            "this user has no range in /etc/subuid:"
            " sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER"
        )
    if not _may_write(root) and not _has_user_manager(environ):
        return (
            f"this user may not make a cgroup in {root}:"
            " log in to a session of systemd (loginctl), or run it as root"
        )
    return ""


def _probe(path: str) -> str:
    with tempfile.TemporaryDirectory(prefix="gpuinfra-probe-", dir=scratch_parent()) as scratch:
        options = "" if is_root() else ",userxattr"
        command = [*namespaces(), "sh", "-c", _PROBE, "probe", scratch, options]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={"PATH": path, "LC_ALL": "C"}
        )
        if done.returncode and not is_root():  # its files may belong to others
            subprocess.run([*remover(), scratch], check=False, capture_output=True)
            Path(scratch).mkdir(exist_ok=True)
    if not done.returncode:
        return ""
    why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    restricted = _APPARMOR.exists() and _APPARMOR.read_text(encoding="utf-8").strip() == "1"
    return explain(why, restricted=restricted, root=is_root())


def scratch_parent() -> str:
    """Return where labs have their files: a disk, as a rule, not memory."""
    return os.environ.get("TMPDIR", "/var/tmp")  # noqa: S108  # private directories are made in it


def remover() -> list[str]:
    """Return the command that deletes folders, files of a lab's other users too."""
    own = ["unshare", "--user", "--map-root-user", "--map-auto"]
    return [*([] if is_root() else own), "rm", "-rf", "--one-file-system", "--"]


def _may_write(directory: Path) -> bool:
    return os.access(directory, os.W_OK) and os.access(directory / "cgroup.procs", os.W_OK)


def _has_user_manager(environ: Mapping[str, str]) -> bool:
    bus = Path(environ.get("XDG_RUNTIME_DIR", "/nonexistent"), "bus")
    return bus.exists() and shutil.which("systemd-run", path=search_path(environ)) is not None


def _has_subids() -> bool:
    me = {pwd.getpwuid(os.getuid()).pw_name, str(os.getuid())}
    try:
        lines = Path("/etc/subuid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return any(line.split(":")[0] in me for line in lines)
