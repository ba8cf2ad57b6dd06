"""What scripts call in loops, answered before typer is imported: ip, version, ssh when connected.

Only exact, simple command lines are taken; all else, and every doubt, is left to the command line proper.
A test compares the two, byte for byte. No typing, pathlib, dataclasses or re here: each costs milliseconds.
"""

import os
import sys

from gpuinfra.version import VERSION


def answer(argv: list[str], environ: "os._Environ[str] | dict[str, str]") -> bool:
    """Answer the command line if it is one of ours; False leaves it to others. Does not return from ssh."""
    if argv in (["version"], ["--version"]):
        sys.stdout.write(VERSION + "\n")
        return True
    if environ.get("GPUINFRA_STACK", "default") != "default":
        return False
    if argv == ["ip"]:
        return _ip(environ)
    if argv[:2] == ["ssh", "--"]:
        _ssh(argv[2:], environ)
    return False


def _ip(environ: "os._Environ[str] | dict[str, str]") -> bool:
    state = _state_file(environ)
    if not state:
        return False
    import json

    try:
        with open(state, encoding="utf-8") as text:  # noqa: PTH123
            outputs = json.load(text)["outputs"]
        address = outputs["public_ip"]["value"]
        complete = outputs["instance_id"]["value"] and outputs["root_volume_size_gb"]["value"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if not (complete and address):
        return False
    sys.stdout.write(f"{address}\n")
    return True


def _ssh(command: list[str], environ: "os._Environ[str] | dict[str, str]") -> None:
    """Become ssh if its shared connection to this very host is up."""
    state = _state_file(environ)
    base = environ.get("XDG_STATE_HOME", "")
    home = base if base.startswith("/") else os.path.expanduser("~/.local/state")  # noqa: PTH111
    conf = f"{home}/gpuinfra/ssh/default.conf"
    try:
        if not state or os.stat(conf).st_mtime < os.stat(state).st_mtime:  # noqa: PTH116
            return
        with open(conf, encoding="utf-8") as text:  # noqa: PTH123
            options = dict(line.split(None, 1) for line in text if line.startswith("  "))
        with open(state, encoding="utf-8") as text:  # noqa: PTH123
            # another clone may have a stack of this name: then this is not our host
            instance = options["HostKeyAlias"].strip()
            if f'"{instance}"' not in text.read():
                return
        _knock(options["ControlPath"].strip().strip('"').replace("%%", "%"))
    except (OSError, KeyError, ValueError):
        return
    conf = f"{home}/gpuinfra/hosts/{instance}.conf"
    os.execvp("ssh", ["ssh", "-F", conf, "gpuinfra-default", "--", *command])  # noqa: S606


def _knock(socket: str) -> None:
    """Raise OSError if no shared connection listens there: a killed one leaves its socket behind."""
    from _socket import AF_UNIX, SOCK_STREAM
    from _socket import socket as open_socket  # not socket: that one costs 5 ms

    knock = open_socket(AF_UNIX, SOCK_STREAM)
    try:
        knock.connect(socket)
    finally:
        knock.close()


def _state_file(environ: "os._Environ[str] | dict[str, str]") -> str:
    """Return the default stack's state, found as config.find_project does; empty when in doubt."""
    place = environ.get("GPUINFRA_PROJECT") or os.getcwd()  # noqa: PTH109
    while not os.path.isfile(f"{place}/terraform/main.tf"):  # noqa: PTH113
        if environ.get("GPUINFRA_PROJECT") or place == "/":
            return ""
        place = os.path.dirname(place)  # noqa: PTH120
    state = f"{place}/terraform/terraform.tfstate"
    return state if os.path.isfile(state) and os.path.isdir(f"{place}/cloud-init") else ""  # noqa: PTH112, PTH113
