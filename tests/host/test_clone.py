"""The host's half of clone, with the real git and a server that asks for a token."""

import base64
import functools
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S

PROGRAM = Path(__file__).parents[2] / "gpuinfra" / "host" / "clone.py"
TOKEN = "one-time-token-7f3a"
pytestmark = pytest.mark.skipif(
    not shutil.which("git") or sys.platform != "linux", reason="needs git, on Linux as the hosts are"
)


class Guarded(SimpleHTTPRequestHandler):
    """Files for those who know the token."""

    def do_GET(self) -> None:
        """Serve, or ask who it is."""
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        if base64.b64decode(given).decode().partition(":")[2] == TOKEN:
            return super().do_GET()
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def commit(work: Path, served: Path, name: str, *words: str) -> None:
    """Commit all that is in `work`, after a command of git; serve it as `name`."""
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always"]
    steps = [
        ["init", "-qb", "main"],
        *([list(words)] if words else []),
        ["add", "."],
        ["commit", "-qm", "first"],
    ]
    for step in steps:
        subprocess.run([*git, "-C", work, *step], check=True, capture_output=True)
    subprocess.run([*git, "clone", "-q", "--bare", work, served / name], check=True, capture_output=True)
    subprocess.run([*git, "-C", served / name, "update-server-info"], check=True)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A private repository behind a server on loopback."""
    work, served = tmp_path / "work", tmp_path / "served"
    work.mkdir()
    (work / "train.py").write_text("print('hello')\n")
    commit(work, served, "repo.git")
    handler = functools.partial(Guarded, directory=str(served))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/repo.git"
        server.shutdown()


def run(home: Path, url: str, given: dict[str, str], path: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the program as on the host, by a user whose git would store every credential."""
    home.mkdir(exist_ok=True)
    (home / ".gitconfig").write_text("[credential]\n\thelper = store\n")
    env = {"HOME": str(home), "PATH": path or os.environ["PATH"]}
    env |= {"GIT_TRACE2_EVENT": str(home.parent / "trace")}  # every command line that git starts
    argv = [sys.executable, str(PROGRAM), url, "project/repo"]
    return subprocess.run(
        argv,
        input=json.dumps(given) + "\n",
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_a_token_lets_us_in_and_is_not_left(url: str, tmp_path: Path) -> None:
    """The clone is there; the token is in no file, no configuration, no helper's store, no command line."""
    home = tmp_path / "home"
    done = run(home, url, {"token": TOKEN, "user": "x-access-token"})
    assert done.returncode == 0, done.stderr
    assert (home / "project/repo/train.py").read_text() == "print('hello')\n"
    trace = (tmp_path / "trace").read_bytes()
    assert b"clone" in trace
    secrets = (TOKEN.encode(), base64.b64encode(f"x-access-token:{TOKEN}".encode()))
    for path in [tmp_path / "trace", *(p for p in home.rglob("*") if p.is_file())]:
        assert not any(secret in path.read_bytes() for secret in secrets), path
    assert not (home / ".git-credentials").exists()
    assert TOKEN not in done.stdout + done.stderr


def test_without_a_token_nobody_is_asked(url: str, tmp_path: Path) -> None:
    """git ends with words that the laptop understands, and nothing half-made is left."""
    done = run(tmp_path / "home", url, {})
    assert done.returncode == 1
    assert "could not read Username" in done.stderr or "Authentication failed" in done.stderr
    assert not (tmp_path / "home/project/repo").exists()


def test_a_full_directory_is_left_alone(url: str, tmp_path: Path) -> None:
    """Nothing is cloned over."""
    target = tmp_path / "home/project/repo"
    target.mkdir(parents=True)
    (target / "mine").write_text("x")
    assert run(tmp_path / "home", url, {"token": TOKEN}).returncode == 3


def test_a_host_without_git_says_so(url: str, tmp_path: Path) -> None:
    """An exit code of its own."""
    assert run(tmp_path / "home", url, {}, path=str(tmp_path)).returncode == 4


def test_submodules_of_the_same_server_come_too(url: str, tmp_path: Path) -> None:
    """By the same token; those that do not come are named by an exit code of their own."""
    outer = tmp_path / "outer"
    outer.mkdir()
    commit(
        outer, tmp_path / "served", "outer.git", "submodule", "add", str(tmp_path / "served/repo.git"), "part"
    )
    bare = tmp_path / "served/outer.git"
    for relative, code in (("../repo.git", 0), ("../nowhere.git", 5)):
        (outer / ".gitmodules").write_text(f'[submodule "part"]\n\tpath = part\n\turl = {relative}\n')
        shutil.rmtree(bare)
        commit(outer, tmp_path / "served", "outer.git")
        home = tmp_path / f"home-{code}"
        done = run(home, url.replace("repo.git", "outer.git"), {"token": TOKEN, "user": "t"})
        assert done.returncode == code, done.stderr
        assert (home / "project/repo/part/train.py").exists() is (code == 0)
        assert not (home / ".git-credentials").exists()


@pytest.mark.skipif(bool(shutil.which("git-lfs")), reason="git-lfs is here, and fetches them")
def test_files_of_git_lfs_are_named(url: str, tmp_path: Path) -> None:
    """A pointer of 130 bytes in place of a model is no success."""
    work = tmp_path / "lfs"
    work.mkdir()
    (work / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    commit(work, tmp_path / "served", "lfs.git")
    done = run(tmp_path / "home", url.replace("repo.git", "lfs.git"), {"token": TOKEN, "user": "t"})
    assert done.returncode == 6
