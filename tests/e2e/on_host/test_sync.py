"""sync on a real host: many files, few changes, ignore files, delete, a cut, and changes as they happen."""

import hashlib
import json
import os
import random
from pathlib import Path

import pytest

from tests.e2e.on_host.project_on_host import ProjectOnHost
from tests.timing import alone_s
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e
FILES, CHANGED = 10_000, 100
BIG_BYTES, CUT_BYTES = 192 << 20, 24 << 20


def digest(host: ProjectOnHost, folder: str) -> bool:
    """Tell whether a folder holds the same files with the same content here and on the host."""
    line = "find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"
    there = host.there(f"cd ~/project/{folder}; {line}")
    here = host.inside(["sh", "-c", f"cd {folder}; {line}"]).stdout.strip()
    return there == here


def test_many_files_then_few_changes(project_on_host: ProjectOnHost) -> None:
    """10,000 files arrive as they are; of the next sync only the 1 % that changed is sent."""
    fill = random.Random(4)
    for number in range(FILES):
        path = project_on_host.project / f"many/{number // 100}/{number % 100}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(fill.randbytes(4500))
    assert json.loads(project_on_host.ok("sync", "up", "--json"))["files"] >= FILES
    assert digest(project_on_host, "many")
    for number in fill.sample(range(FILES), CHANGED):
        with (project_on_host.project / f"many/{number // 100}/{number % 100}.bin").open("ab") as file:
            file.write(b"more")
    assert project_on_host.ok("sync", "up").startswith(f"transferred {CHANGED} files")
    assert digest(project_on_host, "many")
    assert project_on_host.ok("sync", "up") == "up to date: nothing to transfer\n"


def test_results_come_down_and_nothing_is_deleted_unasked(project_on_host: ProjectOnHost) -> None:
    """A dry run moves nothing; what is gone here goes there; what only the host has, by --delete alone.

    What is ignored never; a named path comes.
    """
    (project_on_host.project / ".gitignore").write_text("out/\n*.tmp\ndata/*\n!data/é\n")
    for folder in ("code", "data"):
        (project_on_host.project / folder).mkdir()
    (project_on_host.project / "code/.gpuinfraignore").write_text("*.py\n!keep.py\n!gone.py\n")
    for name in ("code/keep.py", "code/gone.py", "code/secret.py", "code/noise.tmp", "data/big", "data/é"):
        (project_on_host.project / name).write_text(name)
    planned = project_on_host.ok("sync", "up", "--dry-run").splitlines()
    assert {"code/keep.py", "data/é"} <= set(planned)
    assert not {"code/secret.py", "code/noise.tmp", "data/big"} & set(planned)
    assert project_on_host.there("ls project/code 2>&1 || true").startswith("ls: cannot access")
    project_on_host.ok("sync", "up")
    project_on_host.there("mkdir -p project/out; echo 0.97 > project/out/accuracy")
    (project_on_host.project / "code/gone.py").unlink()
    project_on_host.ok("sync", "up")
    assert project_on_host.there("ls project/code") == "keep.py"
    project_on_host.there("echo of a job > project/code/gone.py")
    project_on_host.ok("sync", "up")
    assert project_on_host.there("ls project/code") == "gone.py\nkeep.py"
    asked = json.loads(project_on_host.ok("sync", "up", "--delete", "--dry-run", "--json"))
    assert "code/gone.py" in asked["deleted_names"]
    assert not [name for name in asked["deleted_names"] if name.startswith("out")]
    project_on_host.ok("sync", "up", "--delete")
    assert project_on_host.there("ls project/code; cat project/out/accuracy") == "keep.py\n0.97"
    project_on_host.ok("sync", "down")
    assert not (project_on_host.project / "out").exists()
    project_on_host.ok("sync", "down", "out")
    assert (project_on_host.project / "out/accuracy").read_text() == "0.97\n"
    for options in ((), ("--dry-run",)):
        refused = project_on_host.run("sync", "down", "no-such-thing", *options)
        assert refused.returncode == 5
        assert "the host's project has no no-such-thing" in refused.stderr


def test_a_cut_transfer_goes_on_where_it_was(project_on_host: ProjectOnHost) -> None:
    """kill -9 in mid-file: nothing half-made under the file's name, and the rest is sent, not the whole."""
    big = project_on_host.project / "big.bin"
    with big.open("wb") as file:
        for _ in range(BIG_BYTES >> 20):
            file.write(os.urandom(1 << 20))
    project = project_on_host.disk() / "home/ubuntu/project"
    stage = project / ".gpuinfra-sync/stage"
    running = project_on_host.begin("sync", "up", "big.bin")
    wait_until(
        lambda: any(p.stat().st_size > CUT_BYTES for p in stage.glob(".big.bin.*")), "part of the file"
    )
    running.kill()
    wait_until(lambda: (stage / ".gpuinfra-partial/big.bin").exists(), "the part to be kept")
    assert not (project / "big.bin").exists()
    moved = json.loads(project_on_host.ok("sync", "up", "big.bin", "--json"))
    assert moved["sent_bytes"] < BIG_BYTES - CUT_BYTES // 2
    assert (
        project_on_host.there("sha256sum < project/big.bin").split()[0]
        == hashlib.sha256(big.read_bytes()).hexdigest()
    )


def test_changes_go_up_as_they_happen_also_after_a_restart(project_on_host: ProjectOnHost) -> None:
    """A saved file is there within seconds; what was saved while the host was down comes afterwards."""
    project = project_on_host.disk() / "home/ubuntu/project"
    running = project_on_host.begin("sync", "watch")
    try:
        running.line("watching")
        (project_on_host.project / "live.py").write_text("print(1)\n")
        there = alone_s(lambda: wait_until(lambda: has(project / "live.py", "print(1)\n"), "the first save"))
        assert there < 10
        log = project_on_host.lab.directory / "lab.log"
        before = log.read_text().count(" rebooted")
        project_on_host.run("ssh", "--", "sudo systemctl reboot")
        wait_until(lambda: log.read_text().count(" rebooted") > before, "the host to be down")
        (project_on_host.project / "live.py").write_text("print(2)\n")
        wait_until(lambda: has(project / "live.py", "print(2)\n"), "the save while it restarted")
        assert running.interrupt() == 130
    finally:
        running.kill()


def has(path: Path, text: str) -> bool:
    """Tell whether a file holds this."""
    return path.exists() and path.read_text() == text


def test_a_command_has_the_edits_of_the_moment(project_on_host: ProjectOnHost) -> None:
    """run and job start send them first; what both sides edited is told, and nothing is begun."""
    script = project_on_host.project / "moment.py"
    script.write_text("print('first')\n")
    done = project_on_host.run("run", "moment.py")
    assert (done.returncode, done.stdout) == (0, "first\n"), done.stderr
    assert "sync up: transferred" in done.stderr
    done = project_on_host.run("run", "moment.py")
    assert (done.stdout, "sync" in done.stderr) == ("first\n", False), "nothing changed, nothing told"
    script.write_text("print('second')\n")
    project_on_host.ok("job", "start", "--name", "moment", "--", "python", "moment.py")
    project_on_host.ok("job", "wait", "moment")
    assert project_on_host.ok("job", "logs", "moment") == "second\n"
    script.write_text("print('mine')\n")
    project_on_host.there("""echo "print('theirs')" > project/moment.py""")
    for command in (["run"], ["run", "--env", "A=b"], ["job", "start"], ["jupyter", "--no-open"]):
        words = [] if command[0] == "jupyter" else ["--", "touch", "../begun"]
        refused = project_on_host.run(*command, *words)
        assert (refused.returncode, refused.stdout) == (5, "")
        assert "moment.py; the command was not begun" in refused.stderr
        assert "--no-sync" in refused.stderr
    assert project_on_host.there("ls ~/begun 2>&1 || true").startswith("ls: cannot access")
    assert project_on_host.ok("run", "--no-sync", "moment.py") == "theirs\n"
    project_on_host.ok("sync", "up", "--keep", "here", "moment.py")
    assert project_on_host.ok("run", "moment.py") == "mine\n"
