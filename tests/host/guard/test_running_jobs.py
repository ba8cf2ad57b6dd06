"""The jobs of a host that ends: each is told why, saves once, and has a deadline for it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.host.guard import running_jobs
from gpuinfra.tools.ssh import host_bundle
from tests.fakes.jobs import asked, local_ssh, opening
from tests.host.guard.ended_host import EndedHost
from tests.processes import until_test_ends
from tests.waiting import PATIENCE_S, wait_until

Begin = Callable[[str, str], "subprocess.Popen[bytes]"]


@pytest.fixture
def jobs(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where jobs are kept, and let the ending look there."""
    path = home / ".local/share/gpuinfra/jobs"
    monkeypatch.setenv("GPUINFRA_JOBS", str(path))
    return path


@pytest.fixture
def begin(home: Path, jobs: Path) -> Begin:
    """Return what starts a command with a save, and waits until it runs."""
    ssh, bundle = local_ssh(home), host_bundle.files()

    def start(job_id: str, save: str) -> "subprocess.Popen[bytes]":
        request = asked(f"touch {home}/on-{job_id}; sleep 600", id=job_id, save=save)
        argv = [*ssh, "--", host_bundle.command(host_bundle.JOBS, bundle)]
        pipes: dict[str, Any] = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
        }
        child: subprocess.Popen[bytes] = until_test_ends(subprocess.Popen(argv, **pipes))
        assert child.stdin
        assert child.stdout
        host_bundle.hand_over(child.stdin.fileno(), child.stdout.fileno(), bundle)
        child.stdin.write(opening(request))
        child.stdin.flush()
        wait_until(lambda: (home / f"on-{job_id}").exists(), "the command to run")
        return child

    return start


def end(deadline_s: float = 30.0) -> list[str]:
    """End all that runs; return what is told of it."""
    told = running_jobs.end(reason="host ended: idle", deadline_s=deadline_s, tell=lambda _: None)
    return [str(one["text"]) for one in told]


def test_each_saves_once_and_knows_why(home: Path, begin: Begin, jobs: Path) -> None:
    """All at the same time; their clients hear the reason."""
    children = [begin(job_id, f"echo {job_id} >> {home}/saved; exit 3") for job_id in ("aaaa", "bbbb")]
    words = ("stopped, saved (exit code 3)", "ended, and its client was told")  # what is sooner read
    for one, told in zip(("aaaa", "bbbb"), end(), strict=True):
        assert told in [f"run {one} {how}" for how in words]
    assert sorted((home / "saved").read_text().split()) == ["aaaa", "bbbb"]
    for child in children:
        assert b"host ended: idle" in child.communicate(timeout=PATIENCE_S)[1]
    assert end() == []


def test_a_save_that_hangs_is_ended(home: Path, begin: Begin, jobs: Path) -> None:
    """With all that it has started; what it printed is kept."""
    child = begin("aaaa", f"echo $$ > {home}/pid; (sleep 600 & wait)")
    assert end(5.0)[0].removeprefix("run aaaa ") in (
        "stopped, saved (exit code -9)",
        "ended, and its client was told",
    )
    child.communicate(timeout=PATIENCE_S)
    assert not Path(f"/proc/{(home / 'pid').read_text().strip()}").exists()


def test_a_supervisor_that_does_not_answer_is_not_waited_for(home: Path, jobs: Path) -> None:
    """One that hangs holds up no host: after the deadline it is told as such."""
    import fcntl

    (jobs / "cccc").mkdir(parents=True)
    (jobs / "cccc/job.json").write_text(json.dumps({"kind": "job", "name": "train"}))
    with (jobs / "cccc/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert end(0.3) == ["job train did not end in time"]


def test_a_job_that_began_after_a_stop_was_taken_back_saves_too(
    home: Path, begin: Begin, jobs: Path, tmp_path: Path
) -> None:
    """The hook is not run again so soon; the job has not saved yet."""
    ended = EndedHost.made(tmp_path / "root", jobs=jobs)
    ended.hook(f"echo >> {home}/hooked\n")
    assert ended.end("none", "ada", "gpuinfra stop", 30)[0]
    child = begin("aaaa", f"echo >> {home}/saved")
    assert not ended.end("none", "ada", "gpuinfra stop", 30)[0]
    child.communicate(timeout=PATIENCE_S)
    assert (home / "saved").read_text() == (home / "hooked").read_text() == "\n"


def saved(deadline_s: float = 30.0) -> list[dict[str, Any]]:
    """Let all that runs save; return what is told of it."""
    return running_jobs.save(why="drill", deadline_s=deadline_s, tell=lambda _: None)


def test_a_job_saves_and_goes_on(home: Path, begin: Begin, jobs: Path) -> None:
    """As often as it is asked; at its end it saves again. A job without a --save is not asked."""
    begin("aaaa", f'echo "${{GPUINFRA_SAVE:-end}}" >> {home}/saved')
    begin("bbbb", "")
    for _ in range(2):
        (told,) = saved()
        assert (told["job"], told["save_code"]) == ("aaaa", 0)
        assert "run aaaa saved (" in told["text"]
    kept = json.loads((jobs / "aaaa/save.json").read_text())
    assert kept["saved"] == kept["began"]
    end()
    assert (home / "saved").read_text().split() == ["drill", "drill", "end"]


def test_an_early_save_that_fails_is_told(begin: Begin, jobs: Path) -> None:
    """It is no save: what is at risk counts on."""
    begin("aaaa", "exit 4")
    assert saved()[0]["text"] == "run aaaa did not save: exit code 4 (0.0 s)"
    assert "saved" not in json.loads((jobs / "aaaa/save.json").read_text())


def test_an_early_save_that_hangs_ends_with_the_job(home: Path, begin: Begin, jobs: Path) -> None:
    """It is not waited for beyond the deadline; the last save is not held up by it."""
    begin("aaaa", f'[ -z "$GPUINFRA_SAVE" ] && exec touch {home}/saved; echo $$ > {home}/pid; sleep 600')
    assert saved(1.0)[0]["text"] == "run aaaa has not saved in time"
    assert end() in (["run aaaa stopped, saved (exit code 0)"], ["run aaaa ended, and its client was told"])
    assert (home / "saved").exists()
    assert not Path(f"/proc/{(home / 'pid').read_text().strip()}").exists()
