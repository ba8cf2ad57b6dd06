"""Where things are on this machine, as plain strings: os alone, since the quick commands import it, too."""

from __future__ import annotations

import os

from gpuinfra.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


FOLDER = "gpuinfra"  # what `init` makes in a user's project
OURS = ("terraform.tfvars", "terraform.tfstate")  # of the two one may have been deleted


def is_clone(path: str) -> bool:
    """Tell whether a directory is a clone of this repository: all that `down` needs of one."""
    return os.path.isfile(f"{path}/terraform/main.tf") and os.path.isdir(f"{path}/terraform/modules/host")


def is_project(path: str) -> bool:
    """Tell whether a directory is a clone of this repository, or a project in which `init` was said."""
    return is_clone(path) or any(os.path.isfile(f"{path}/{FOLDER}/{name}") for name in OURS)


def find_project(start: str, environ: Mapping[str, str]) -> str:
    """Return the project that GPUINFRA_PROJECT names, else that which `start` lies in; empty without one."""
    given = environ.get("GPUINFRA_PROJECT", "")
    path = given or start
    while not is_project(path):
        if given or path == os.path.dirname(path):
            return ""
        path = os.path.dirname(path)
    return path


def trusted_project(start: str, environ: Mapping[str, str]) -> str:
    """Return the project as `find_project` does, but only one that the user trusts."""
    found = find_project(start, environ)
    return found if found and is_trusted(found, environ) else ""


def is_trusted(project: str, environ: Mapping[str, str]) -> bool:
    """Tell whether the user wants a project's code to run: who is in a directory need not know what it holds.

    They named it by GPUINFRA_PROJECT, or this very program belongs to it, or they said so (`gpuinfra trust`).
    """
    if environ.get("GPUINFRA_PROJECT", ""):
        return True
    try:
        if os.path.samefile(project, own_clone()):
            return True
        # a path's odd bytes as they are; no line ends but ours
        with open(trust_file(environ), encoding="utf-8", errors="surrogateescape", newline="\n") as lines:
            return f"{os.path.realpath(project)}\n" in lines
    except OSError:
        return False


def own_clone() -> str:
    """Return the directory that this package lies in: a clone, unless it was installed some other way."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def shipped() -> str:
    """Return where the Terraform module and the cloud-init templates of this program lie.

    In a clone these are its own; what was installed carries them along (setup.py).
    """
    own = own_clone()
    return own if is_clone(own) else f"{os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}/shipped"


def is_installed() -> bool:
    """Tell whether this program was installed, by uv or pipx for example, and does not lie in a clone."""
    return not is_clone(own_clone())


def upgrade() -> str:
    """Return the command that brings a newer version of this program.

    It is on no package index, where a name that is nobody's could become anybody's: it comes from a clone.
    """
    if not is_installed():
        return "git pull && make setup"
    return f"git pull && uv build --wheel --clear && {set_up()}"


def set_up(extra: str = "") -> str:
    """Return the command that puts this program right, or adds an optional part of it."""
    if not is_installed():
        return "make setup"
    wheel = f"'./dist/gpuinfra-{VERSION}-py3-none-any.whl[{extra}]'" if extra else "dist/gpuinfra-*.whl"
    return f"uv tool install --force {wheel}   # in the clone that it came from"


def trust_file(environ: Mapping[str, str]) -> str:
    """Return the record of the projects that the user trusts: one real path a line."""
    return f"{state_home(environ)}/trusted"


def folder(project: str) -> str:
    """Return the directory of the default stack."""
    return f"{project}/terraform" if is_clone(project) else f"{project}/{FOLDER}"


def state_file(project: str) -> str:
    """Return Terraform's record of the default stack."""
    return f"{folder(project)}/terraform.tfstate"


def stacks(project: str) -> str:
    """Return where the directories of all other stacks lie."""
    return f"{folder(project)}/stacks"


def state_home(environ: Mapping[str, str]) -> str:
    """Return our directory for keys and pins (XDG Base Directory specification, XDG_STATE_HOME)."""
    return _xdg(environ, "XDG_STATE_HOME", ".local/state")


def cache_home(environ: Mapping[str, str]) -> str:
    """Return our directory for what can be fetched again (XDG_CACHE_HOME)."""
    return _xdg(environ, "XDG_CACHE_HOME", ".cache")


def alias_file(environ: Mapping[str, str]) -> str:
    """Return ssh's configuration of the default stack."""
    return f"{state_home(environ)}/ssh/default.conf"


def host_file(environ: Mapping[str, str], instance_id: str) -> str:
    """Return ssh's configuration of one host."""
    return f"{state_home(environ)}/hosts/{instance_id}.conf"


def met_at(environ: Mapping[str, str], instance_id: str, since: str) -> str:
    """Return the address at which ssh met a host after the file `since` was written, else nothing."""
    conf = host_file(environ, instance_id)
    try:
        if os.stat(conf).st_mtime < os.stat(since).st_mtime:
            return ""
        with open(conf, encoding="utf-8") as lines:
            found = [line.split()[1] for line in lines if line.startswith("  HostName ")]
    except (OSError, ValueError, IndexError):
        return ""
    return found[0] if found else ""


def synced_root(start: str) -> str:
    """Return the folder that `sync` takes, from one in it: the nearest with a mark above it, else itself."""
    root = start
    while not is_marked(root):
        if root == os.path.dirname(root):
            return start
        root = os.path.dirname(root)
    return root


def is_marked(folder: str) -> bool:
    """Tell whether a folder says itself that it is a user's project."""
    return any(
        os.path.exists(f"{folder}/{mark}") for mark in (".gpuinfraignore", ".git", f"{FOLDER}/{OURS[0]}")
    )


def is_personal(folder: str) -> bool:
    """Tell whether a folder can be no project: the home, all above it, and what programs keep in dot-folders.

    A dot-folder of the home (~/.ssh, ~/.config) is none whatever lies in it; a folder in one needs a mark.
    Links are followed: the home itself may be one.
    """
    real, home = os.path.realpath(folder), os.path.realpath(os.path.expanduser("~"))
    if f"{home}/".startswith(f"{real.rstrip('/')}/"):
        return True
    kept = real.removeprefix(f"{home.rstrip('/')}/")
    return kept.startswith(".") and ("/" not in kept or not is_marked(real))


def host_folder(root: str) -> str:
    """Return where a project lies on the host, below the login user's home: a folder of the same name.

    What is no project (the home, the whole disk) has the folder `project`.
    """
    name = "" if is_personal(root) else os.path.basename(root)
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name)
    return plain.lstrip(".-") or "project"


def _xdg(environ: Mapping[str, str], variable: str, fallback: str) -> str:
    base = environ.get(variable, "")
    return f"{base if base.startswith('/') else os.path.expanduser(f'~/{fallback}')}/gpuinfra"
