"""On the host: JupyterLab of the environment as a systemd unit, on loopback only. Standard library and us.

python3 jupyter.py start|stop PROJECT      prints one line of JSON; the token is in it
"""

import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

UNIT = "gpuinfra-jupyter"
STATUS_FILE = Path("/var/lib/gpuinfra/status.json")
START_TIMEOUT_S = 60.0


def main(verb: str, project: str) -> dict[str, object]:
    """Start or stop it; return what to print."""
    home = Path.home()
    state = home / ".local/state/gpuinfra/jupyter"
    if verb == "stop":
        was = active()
        run("sudo", "-n", "systemctl", "stop", UNIT)
        shutil.rmtree(state, ignore_errors=True)
        return {"state": "stopped", "was_running": was}
    status = json.loads(STATUS_FILE.read_text()) if STATUS_FILE.exists() else {}
    prefix = Path(status.get("prefix") or "/nonexistent")
    if status.get("state") != "done":
        return {"error": "not-ready", "detail": str(status.get("state", "waiting"))}
    if not (prefix / "bin/jupyter-lab").exists():
        return {"error": "no-jupyterlab", "detail": str(status.get("environment", ""))}
    root = home / project
    root.mkdir(exist_ok=True)
    if active() and (state / "config.json").exists():
        return answer(state, started=False)
    prepare(state, root)
    done = run(*unit(state, root, prefix, str(status.get("environment", ""))))
    if done.returncode:
        return {"error": "unit", "detail": done.stderr.strip()[-800:]}
    return wait(state)


def prepare(state: Path, root: Path) -> None:
    """Write the configuration, with a new token and a free port, for the owner's eyes only."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    state.chmod(0o700)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = {
        "ip": "127.0.0.1",
        "port": port,
        "port_retries": 0,
        "open_browser": False,
        "allow_remote_access": False,
        "root_dir": str(root),
    }
    text = json.dumps({"ServerApp": server, "IdentityProvider": {"token": secrets.token_hex(24)}})
    (state / "config.json").unlink(missing_ok=True)
    handle = os.open(state / "config.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)


def unit(state: Path, root: Path, prefix: Path, environment: str) -> list[str]:
    """Return the command that starts the unit; the token is in the configuration, not in it."""
    sys.path.append(str(Path(__file__).parents[2]))
    from gpuinfra.host.jobs.command_environment import SYSTEM_PATH, activated

    me = pwd.getpwuid(os.getuid())
    values = {
        "HOME": me.pw_dir,
        "USER": me.pw_name,
        "SHELL": me.pw_shell,
        "LANG": "C.UTF-8",
    }
    values = activated(values, prefix=str(prefix), name=environment, path=SYSTEM_PATH)
    return [
        *("sudo", "-n", "systemd-run", "--quiet", "--collect", f"--unit={UNIT}"),
        *(f"--uid={me.pw_uid}", f"--gid={me.pw_gid}", f"--working-directory={root}"),
        # one kernel that is killed for want of memory must not take the others with it
        *("--property=OOMPolicy=continue", "--property=Restart=on-failure"),
        *(f"--setenv={name}={value}" for name, value in values.items()),
        *(f"{prefix}/bin/jupyter-lab", f"--config={state}/config.json"),
    ]


def wait(state: Path) -> dict[str, object]:
    """Wait until it answers."""
    config = json.loads((state / "config.json").read_text())
    url = f"http://127.0.0.1:{config['ServerApp']['port']}/api"
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and active():
        try:
            with urllib.request.urlopen(url, timeout=2):  # loopback
                return answer(state, started=True)
        except OSError:
            time.sleep(0.1)
    log = run("sudo", "-n", "journalctl", "-u", UNIT, "-n", "12", "-o", "cat", "--no-pager").stdout
    run("sudo", "-n", "systemctl", "stop", UNIT)
    return {"error": "start", "detail": log[-1200:]}


def answer(state: Path, started: bool) -> dict[str, object]:
    """Return where it is and how one gets in."""
    config = json.loads((state / "config.json").read_text())
    token = config["IdentityProvider"]["token"]
    return {"state": "running", "started": started, "port": config["ServerApp"]["port"], "token": token}


def active() -> bool:
    """Tell whether the unit runs."""
    return run("systemctl", "is-active", "--quiet", UNIT).returncode == 0


def run(*argv: str) -> "subprocess.CompletedProcess[str]":
    """Run a command quietly."""
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:3])) + "\n")
