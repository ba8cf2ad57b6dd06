"""JupyterLab in a container, by a docker that is a fake: started, found again, ended, and what goes wrong."""

import json
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.host import docker_jupyter

# `run` starts a server that answers; the container's state is a file with its process.
DOCKER = """\
import json, os, pathlib, signal, subprocess, sys
here, words = pathlib.Path(__file__).parent, sys.argv[1:]
with (here / "calls").open("a") as calls:
    calls.write(json.dumps([words, os.environ.get("JUPYTER_TOKEN", "")]) + "\\n")
pid = here / "pid"
if words[0] == "run":
    if "no-image" in words:
        sys.exit("pull access denied")
    port = words[words.index("--publish") + 1].split(":")[1]
    serve = "raise SystemExit" if "broken" in words else (
        "import http.server as h; h.SimpleHTTPRequestHandler.do_GET = lambda s: s.send_error(200);"
        f"h.HTTPServer(('127.0.0.1', {port}), h.SimpleHTTPRequestHandler).serve_forever()")
    started = subprocess.Popen([sys.executable, "-c", serve], stdout=-3, stderr=-3)
    pid.write_text(str(started.pid))
    if "broken" in words:
        started.wait()
if words[0] == "container":
    alive = pid.exists() and os.path.exists(f"/proc/{pid.read_text()}/exe")
    print("true" if alive else "false") if pid.exists() else sys.exit(1)
if words[0] == "logs":
    print("ModuleNotFoundError: jupyterlab")
if words[0] in ("stop", "rm") and pid.exists():
    try:
        os.kill(int(pid.read_text()), signal.SIGTERM)
    except ProcessLookupError:
        pass
    pid.unlink()
"""


@dataclass(frozen=True, kw_only=True)
class Box:
    """A home, and how docker is called there."""

    home: Path

    def ask(self, verb: str, image: str = "gpuinfra") -> dict[str, Any]:
        """Run the script as the host does."""
        docker = [sys.executable, str(self.home / "docker.py")]
        done = subprocess.run(
            [sys.executable, docker_jupyter.__file__, verb, *docker],
            env={"HOME": str(self.home), "PATH": "/usr/bin:/bin"},
            input=json.dumps({"image": image, "run": ["--init", image, "jupyter", "lab"]}),
            capture_output=True,
            text=True,
            check=True,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def calls(self) -> list[Any]:
        """Return what docker was told, with the token that it saw."""
        return [json.loads(line) for line in (self.home / "calls").read_text().splitlines()]


@pytest.fixture
def box(tmp_path: Path) -> Any:
    """A fresh one; what it started is ended."""
    (tmp_path / "docker.py").write_text(DOCKER)
    made = Box(home=tmp_path)
    yield made
    made.ask("stop")


def test_it_goes_on_and_is_found_again(box: Box) -> None:
    """A second start has the same port and token; the token is in no command line, its file is private."""
    first = box.ask("start")
    assert (first["started"], len(first["token"])) == (True, 48)
    assert box.ask("start") == {**first, "started": False}
    runs = [(words, token) for words, token in box.calls() if words[0] == "run"]
    ((words, token),) = runs
    assert words[:4] == ["run", "--detach", "--name", "gpuinfra-jupyter"]
    assert words[4:6] == ["--publish", f"127.0.0.1:{first['port']}:8888"]
    assert token == first["token"]
    assert all(first["token"] not in " ".join(said) for said, _ in box.calls())
    kept = box.home / ".local/state/gpuinfra/docker-jupyter/jupyter.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_another_image_does_not_end_kernels(box: Box) -> None:
    """What runs is named; the user ends it."""
    box.ask("start")
    assert box.ask("start", "other") == {"error": "other-image", "detail": "gpuinfra"}


def test_stop_ends_it_and_forgets_the_token(box: Box) -> None:
    """A second stop finds nothing; a new start has a new token."""
    first = box.ask("start")
    assert box.ask("stop") == {"was_running": True}
    assert not (box.home / ".local/state/gpuinfra/docker-jupyter").exists()
    assert box.ask("stop") == {"was_running": False}
    assert box.ask("start")["token"] != first["token"]


@pytest.mark.parametrize(
    ("image", "why"), [("broken", "ModuleNotFoundError: jupyterlab"), ("no-image", "pull access denied")]
)
def test_what_does_not_start_says_why(box: Box, image: str, why: str) -> None:
    """The container's last words, or docker's; nothing is left of it."""
    assert box.ask("start", image) == {"error": "start", "detail": why}
    assert not (box.home / ".local/state/gpuinfra/docker-jupyter").exists()
    assert box.calls()[-1][0][:2] == ["rm", "--force"]
