"""What scripts call in loops, answered before typer is imported: ip, version, help; ssh, run, sync of a host.

Only exact, simple command lines are taken; all else, and every doubt, is left to the full command line.
Tests compare the two, byte for byte. No typing, pathlib, dataclasses, json or re here: each costs 3 to 10 ms.
"""

from __future__ import annotations

import os
import sys

from gpuinfra.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

NO_HOST = 5


def try_quick(argv: list[str], environ: Mapping[str, str]) -> bool:
    """Answer the command line if it is one of ours; False leaves it to others. Does not return from ssh."""
    if argv in (["version"], ["--version"]):
        sys.stdout.write(VERSION + "\n")
        return True
    if argv[-1:] == ["--help"] and _help(argv[:-1], environ):
        return True
    if environ.get("GPUINFRA_STACK", "default") != "default":
        return False
    if argv == ["ip"]:
        return _ip(environ)
    if argv[:2] == ["ssh", "--"]:
        _ssh(argv[2:], environ)
    if argv[:1] == ["run"]:
        no_sync = argv[1:2] == ["--no-sync"]
        words = argv[2:] if no_sync else argv[1:]
        if words[:1] == ["--"] or not "".join(words[:1]).startswith("-"):
            _run(words[1:] if words[:1] == ["--"] else words, environ, no_sync=no_sync)
    if argv in (["sync"], ["sync", "up"], ["sync", "down"]):
        from gpuinfra.quick.sync import sync

        return sync(environ, mode=argv[1] if argv[1:] else "both")
    return False


def _help(words: list[str], environ: Mapping[str, str]) -> bool:
    from gpuinfra.quick.help import help_text

    # typer completes for a shell, and shows defaults that come from the environment
    stored = "" if any(name.startswith("_GPUINFRA") for name in environ) else help_text(words, environ)
    sys.stdout.write(stored)
    return bool(stored)


def _ip(environ: Mapping[str, str]) -> bool:
    from gpuinfra.ground import locations

    project = locations.trusted_project(os.getcwd(), environ)
    if not project:
        return False
    try:
        with open(locations.state_file(project), "rb") as text:
            state = text.read()
    except FileNotFoundError:
        if os.path.isdir(locations.stacks(project)):
            return False  # one of them may have a host: that is for the full command line to tell
        _refuse("the stack 'default' has no host", hint="gpuinfra up")
    except OSError:
        return False
    from gpuinfra.host import lean_json

    try:
        outputs = lean_json.loads(state)["outputs"]
        address = outputs["public_ip"]["value"]
        instance = outputs["instance_id"]["value"]
        complete = outputs["stack"]["value"] == "default" and outputs["root_volume_size_gb"]["value"]
        is_open = outputs.get("access", {"value": "ssh"})["value"] == "ssh"  # else nobody gets in there
        complete = complete and is_open and _is_plain(address, instance)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    if not complete:
        return False
    address = locations.met_at(environ, instance, locations.state_file(project)) or address
    sys.stdout.write(f"{address}\n")
    return True


def _is_plain(address: object, instance: object) -> bool:
    """Tell whether a state's words can be an address and a host's id: `ssh $(gpuinfra ip)` trusts them.

    tools/terraform/recorded.py looks at all of it, by patterns, and has the words for what is wrong.
    """
    return (
        isinstance(address, str)
        and isinstance(instance, str)
        and f"{address}{instance}".isascii()
        and address.replace(".", "", 3).isdigit()
        and instance[:2] == "i-"
        and instance[2:].isalnum()
    )


def _refuse(message: str, *, hint: str) -> NoReturn:
    """Say what the full command line says, and exit as it does."""
    sys.stderr.write(f"error: {message}\n  next: {hint}\n")
    sys.exit(NO_HOST)


def _ssh(command: list[str], environ: Mapping[str, str]) -> None:
    """Become ssh if there is a shared connection to this very host."""
    from gpuinfra.quick import connection

    if conf := connection.connected(environ):
        os.execvp("ssh", [*connection.command_line(conf), "--", *command])


def _run(words: list[str], environ: Mapping[str, str], *, no_sync: bool) -> None:
    """Run a command if the host is connected, the project sent first; returns otherwise."""
    from gpuinfra.quick import connection

    if any(words[:1]) and (conf := connection.connected(environ)):
        from gpuinfra.quick import run

        if no_sync or _sent_first(conf, environ):
            run.run(words, conf, environ)


def _sent_first(conf: str, environ: Mapping[str, str]) -> bool:
    from gpuinfra.quick import sync

    return sync.sent_first(conf, environ)
