"""On the host: JupyterLab in a container that goes on without its caller. Standard library only.

python3 docker_jupyter.py start|stop DOCKER...     DOCKER is how docker is called there

`start` reads from stdin as JSON: image, and run, the words of `docker run` after the first. Prints one line
of JSON with the port on the host's loopback and the token. The token is in a file for its owner's eyes and
in the container's environment, in no command line.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

NAME = "gpuinfra-jupyter"
PORT = 8888  # inside the container, which has all ports for itself
START_TIMEOUT_S = 120.0
WORDS = 1200  # of what the container said, at most


def start(docker: "list[str]", image: str, run: "list[str]", state: Path) -> "dict[str, object]":
    """Start the container, unless it runs; return what to print."""
    kept = state / "jupyter.json"
    if kept.exists() and active(docker):
        known = json.loads(kept.read_text())
        other = {"error": "other-image", "detail": known["image"]}
        return {**known, "started": False} if known["image"] == image else other
    remove(docker)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    found = {"image": image, "port": port, "token": secrets.token_hex(24)}
    write(kept, json.dumps(found))
    words = ["run", "--detach", "--name", NAME, "--publish", f"127.0.0.1:{port}:{PORT}", *run]
    done = said(*docker, *words, JUPYTER_TOKEN=str(found["token"]))
    if done.returncode or not wait(docker, port):
        why = done.stderr if done.returncode else logs(docker)
        stop(docker, state)
        return {"error": "start", "detail": why[-WORDS:].strip()}
    return {**found, "started": True}


def stop(docker: "list[str]", state: Path) -> "dict[str, object]":
    """End it, its kernels first by SIGTERM, and forget the token."""
    was = active(docker)
    said(*docker, "stop", "-t", "10", NAME)
    remove(docker)
    shutil.rmtree(state, ignore_errors=True)
    return {"was_running": was}


def remove(docker: "list[str]") -> None:
    """Remove the container, also one that has ended."""
    said(*docker, "rm", "--force", NAME)


def active(docker: "list[str]") -> bool:
    """Tell whether the container runs."""
    done = said(*docker, "container", "inspect", "--format", "{{.State.Running}}", NAME)
    return done.returncode == 0 and done.stdout.strip() == "true"


def wait(docker: "list[str]", port: int) -> bool:
    """Wait until it answers; False when it has ended instead, or the time is over."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and active(docker):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=2):
                return True
        except OSError:
            time.sleep(0.2)
    return False


def logs(docker: "list[str]") -> str:
    """Return the container's last words."""
    done = said(*docker, "logs", "--tail", "12", NAME)
    return done.stdout + done.stderr


def write(path: Path, text: str) -> None:
    """Write a file that its owner alone may read, from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def said(*argv: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run a command quietly."""
    return subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env={**os.environ, **env}
    )


if __name__ == "__main__":
    verb, *how = sys.argv[1:]
    place = Path.home() / ".local/state/gpuinfra/docker-jupyter"
    if verb == "stop":
        answer = stop(how, place)
    else:
        given = json.load(sys.stdin)
        answer = start(how, given["image"], given["run"], place)
    sys.stdout.write(json.dumps(answer) + "\n")
