"""What scripts call in loops, answered before typer is imported: ip, version; ssh, run, sync to a known host.

Only exact, simple command lines are taken; all else, and every doubt, is left to the command line proper.
A test compares the two, byte for byte. No typing, pathlib, dataclasses or re here: each costs milliseconds.
"""

import os
import sys

from gpuinfra.version import VERSION

# A host that does not answer so soon is asked for, and waited for, by the command line proper.
CONNECT_S = 5


def try_quick(argv: list[str], environ: "os._Environ[str] | dict[str, str]") -> bool:
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
    if argv[:1] == ["run"] and (argv[1:2] == ["--"] or not "".join(argv[1:2]).startswith("-")):
        _run(argv[2:] if argv[1:2] == ["--"] else argv[1:], environ)
    if argv in (["sync", "up"], ["sync", "down"]):
        return _sync(argv[1] == "up", environ)
    return False


def _ip(environ: "os._Environ[str] | dict[str, str]") -> bool:
    state = _state_file(environ)
    if not state:
        return False
    import json

    try:
        with open(state, encoding="utf-8") as text:
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
    """Become ssh if there is a shared connection to this very host."""
    conf = _connected(environ)
    if conf:
        os.execvp("ssh", ["ssh", "-F", conf, "gpuinfra-default", "--", *command])


def _run(words: list[str], environ: "os._Environ[str] | dict[str, str]") -> None:
    """Run a command if the host is connected; returns otherwise."""
    conf = _connected(environ)
    if conf:
        from gpuinfra.quick import run

        run.run(words, conf, environ)


def _sync(up: bool, environ: "os._Environ[str] | dict[str, str]") -> bool:
    """Sync the whole project in silence; on a terminal, and at any difficulty, leave it to the others."""
    conf, root = _connected(environ), _project_root()
    if not (conf and root) or sys.stderr.isatty():
        return False
    from gpuinfra.features.sync import gitignore, rsync_args
    from gpuinfra.ground.names import PROJECT_DIRECTORY

    here, there = f"{root}/", f"gpuinfra-default:{PROJECT_DIRECTORY}/"
    source, target = (here, there) if up else (there, here)
    argv = rsync_args.argv("rsync", ["ssh", "-F", conf], source=source, target=target, up=up)
    try:
        code, text = _output(argv, {**environ, "LC_ALL": "C"}, gitignore.text(root))
    except FileNotFoundError:
        return False
    except KeyboardInterrupt:
        sys.stderr.write(f"error: {rsync_args.STOPPED}\n")
        sys.exit(130)
    if code:
        return False
    sys.stdout.write(rsync_args.summary(rsync_args.stats(text), dry_run=False) + "\n")
    return True


def _output(argv: list[str], environ: dict[str, str], given: bytes) -> tuple[int, str]:
    """Run a command without subprocess, whose import takes as long as rsync's own start; drops its stderr."""
    (reader, writer), (theirs, ours) = os.pipe(), os.pipe()
    streams = [(os.POSIX_SPAWN_DUP2, theirs, 0), (os.POSIX_SPAWN_DUP2, writer, 1)]
    actions = [*streams, (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_RDWR, 0)]
    try:
        pid = os.posix_spawnp(argv[0], argv, environ, file_actions=actions)
    finally:
        os.close(writer)
        os.close(theirs)
    try:
        with open(ours, "wb") as stdin:
            stdin.write(given)
    except BrokenPipeError:  # it has ended: its exit code counts
        pass
    with open(reader, encoding="utf-8", errors="replace") as stream:
        text = stream.read()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text


def _project_root() -> str:
    """Return the project as actions.sync.locate does; empty when in doubt."""
    start = root = os.getcwd()
    while not any(os.path.exists(f"{root}/{mark}") for mark in (".gpuinfraignore", ".git")):
        if root == "/":
            root = start
            break
        root = os.path.dirname(root)
    return "" if root in ("/", os.path.expanduser("~")) else root


def _connected(environ: "os._Environ[str] | dict[str, str]") -> str:
    """Return ssh's configuration if there is a shared connection to this very host, else nothing."""
    state = _state_file(environ)
    base = environ.get("XDG_STATE_HOME", "")
    home = base if base.startswith("/") else os.path.expanduser("~/.local/state")
    conf = f"{home}/gpuinfra/ssh/default.conf"
    try:
        if not state or os.stat(conf).st_mtime < os.stat(state).st_mtime:
            return ""
        with open(conf, encoding="utf-8") as text:
            options = dict(line.split(None, 1) for line in text if line.startswith("  "))
        with open(state, encoding="utf-8") as text:
            # another clone may have a stack of this name: then this is not our host
            instance = options["HostKeyAlias"].strip()
            if f'"{instance}"' not in text.read():
                return ""
        own = f"{home}/gpuinfra/hosts/{instance}.conf"
        if not _listens(options["ControlPath"].strip().strip('"').replace("%%", "%")):
            # through Session Manager it takes longer, and its refusals need words
            return "" if "ProxyCommand" in options or not _opened(own, environ) else own
    except (OSError, KeyError, ValueError):
        return ""
    return own


def _listens(socket: str) -> bool:
    """Tell whether a shared connection listens there: a killed one leaves its socket behind."""
    from _socket import AF_UNIX, SOCK_STREAM
    from _socket import socket as open_socket  # not socket: that one costs 5 ms

    knock = open_socket(AF_UNIX, SOCK_STREAM)
    try:
        knock.connect(socket)
    except OSError:
        return False
    finally:
        knock.close()
    return True


def _opened(conf: str, environ: "os._Environ[str] | dict[str, str]") -> bool:
    """Open the shared connection where the host was last, its key known; its reasons are not ours to tell."""
    argv = ["ssh", "-F", conf, "-o", f"ConnectTimeout={CONNECT_S}", "gpuinfra-default", "--", "true"]
    silent = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    pid = os.posix_spawnp(argv[0], argv, environ, file_actions=silent)
    return os.waitpid(pid, 0)[1] == 0


def _state_file(environ: "os._Environ[str] | dict[str, str]") -> str:
    """Return the default stack's state, found as config.find_project does; empty when in doubt."""
    place = environ.get("GPUINFRA_PROJECT") or os.getcwd()
    while not os.path.isfile(f"{place}/terraform/main.tf"):
        if environ.get("GPUINFRA_PROJECT") or place == "/":
            return ""
        place = os.path.dirname(place)
    state = f"{place}/terraform/terraform.tfstate"
    return state if os.path.isfile(state) and os.path.isdir(f"{place}/cloud-init") else ""
