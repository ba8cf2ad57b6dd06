"""Where things are on this machine, as plain strings: os alone, since the quick commands import it, too."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def is_project(path: str) -> bool:
    """Tell whether a directory is a clone of this repository: all that `down` needs of one."""
    return os.path.isfile(f"{path}/terraform/main.tf") and os.path.isdir(f"{path}/terraform/modules/host")


def find_project(start: str, environ: Mapping[str, str]) -> str:
    """Return the clone that GPUINFRA_PROJECT names, else the one that `start` lies in; empty without one."""
    given = environ.get("GPUINFRA_PROJECT", "")
    path = given or start
    while not is_project(path):
        if given or path == os.path.dirname(path):
            return ""
        path = os.path.dirname(path)
    return path


def state_file(project: str) -> str:
    """Return Terraform's record of the default stack."""
    return f"{project}/terraform/terraform.tfstate"


def stacks(project: str) -> str:
    """Return where the directories of all other stacks lie."""
    return f"{project}/terraform/stacks"


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
    return any(os.path.exists(f"{folder}/{mark}") for mark in (".gpuinfraignore", ".git"))


def host_folder(root: str) -> str:
    """Return where a project lies on the host, below the login user's home: a folder of the same name.

    What is no project (the home, the whole disk) has the folder `project`.
    """
    name = "" if root == os.path.expanduser("~") else os.path.basename(root)
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name)
    return plain.lstrip(".-") or "project"


def _xdg(environ: Mapping[str, str], variable: str, fallback: str) -> str:
    base = environ.get(variable, "")
    return f"{base if base.startswith('/') else os.path.expanduser(f'~/{fallback}')}/gpuinfra"
