"""The shared connection to the host of the default stack, if it is up or can be had at once."""

from __future__ import annotations

import os

from gpuinfra.ground import locations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# A host that does not answer so soon is asked for, and waited for, by the full command line.
CONNECT_S = 5
ANSWER_S = 5.0  # a connection that has not answered for so long is dead: the laptop slept
ALIAS = "gpuinfra-default"


def connected(environ: Mapping[str, str]) -> str:
    """Return ssh's configuration of the host if there is a connection to it, else nothing.

    The questions, in this order; each No leaves the command to the full command line, which has the words:
    does the user trust this project; is there a record of a host; is ssh's configuration newer; is its host
    the one of the record (another clone may have a stack of this name); does a shared connection listen, or
    else, unless it has to go through Session Manager (which takes longer, and whose refusals need words),
    does a new one open. The record itself is used for nothing: it is only searched for the id of a host of
    ours.
    """
    project = locations.trusted_project(os.getcwd(), environ)
    if not project:
        return ""
    state, alias = locations.state_file(project), locations.alias_file(environ)
    try:
        if not _is_newer(alias, state):
            return ""
        options = _options(alias)
        instance = options["HostKeyAlias"]
        own = locations.host_file(environ, instance)
        if not _is_recorded(instance, state):
            return ""
        socket, is_direct = options["ControlPath"], options["ProxyCommand"] == "none"
        is_open = socket != "none" and _listens(socket.strip('"').replace("%%", "%"))
        return own if is_open or (socket != "none" and is_direct and _opens(own, environ)) else ""
    except (OSError, KeyError, ValueError):
        return ""


def command_line(conf: str) -> list[str]:
    """Return the start of ssh's command line."""
    return ["ssh", "-F", conf, ALIAS]


def stop(conf: str, environ: Mapping[str, str]) -> None:
    """Take a shared connection that is dead out of use."""
    _quietly([*command_line(conf), "-O", "stop"], environ)


def _is_newer(file: str, than: str) -> bool:
    return os.stat(file).st_mtime >= os.stat(than).st_mtime


def _options(conf: str) -> dict[str, str]:
    with open(conf, encoding="utf-8") as text:
        pairs = [line.split(None, 1) for line in text if line.startswith("  ")]
    return {name: value.strip() for name, value in pairs}


def _is_recorded(instance: str, state: str) -> bool:
    with open(state, encoding="utf-8") as text:
        return f'"{instance}"' in text.read()


def _listens(path: str) -> bool:
    """Tell whether a shared connection listens there: a killed one leaves its socket behind."""
    from _socket import AF_UNIX, SOCK_STREAM, socket  # not from socket: that one costs 5 ms

    knock = socket(AF_UNIX, SOCK_STREAM)
    try:
        knock.connect(path)
    except OSError:
        return False
    finally:
        knock.close()
    return True


def _opens(conf: str, environ: Mapping[str, str]) -> bool:
    """Open the shared connection where the host was last, its key known; its reasons are not ours to tell."""
    argv = ["ssh", "-F", conf, "-o", f"ConnectTimeout={CONNECT_S}", ALIAS, "--", "true"]
    return _quietly(argv, environ) == 0


def _quietly(argv: list[str], environ: Mapping[str, str]) -> int:
    silent = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    pid = os.posix_spawnp(argv[0], argv, environ, file_actions=silent)
    return os.waitpid(pid, 0)[1]
