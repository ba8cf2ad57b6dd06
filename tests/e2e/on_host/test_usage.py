"""What a real host does and has done: the lab's FAKE nvidia-smi says the load, all else is real."""

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.on_host.project_on_host import ProjectOnHost
from tests.e2e.terminal import Terminal
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

# What the guard does each 20 s, each second: a sample of all, into the files that it keeps.
RECORDER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from gpuinfra.host.guard import gpu, samples, system
sampler, history = system.Sampler(), samples.History()
for _ in range(int(sys.argv[2])):
    time.sleep(1)
    history.add(sampler.take(gpu.read()))
"""
BUNDLE = "$(ls -td ~/.cache/gpuinfra/host-* | head -1)"
STREAMS = "pgrep -fc '[g]puinfra/host/jobs/__main__.py' || true"


def set_load(host: ProjectOnHost, percent: int) -> None:
    """Let the FAKE GPU say this load."""
    (host.disk().parent / "fake-gpu/load").write_text(f"{percent}\n")


def recorder(seconds: int) -> str:
    """Return the command that keeps a sample each second, as root."""
    return f"sudo python3 -c {shlex.quote(RECORDER)} {BUNDLE} {seconds}"


@contextmanager
def no_guard(host: ProjectOnHost) -> Iterator[None]:
    """Let the recorder be the only one that keeps samples: two would write over one another."""
    host.there("sudo systemctl stop gpuinfra-guard || true")
    try:
        yield
    finally:
        host.there("sudo systemctl start gpuinfra-guard || true")


def test_usage_tells_what_a_job_did_and_what_the_host_did(project_on_host: ProjectOnHost) -> None:
    """Averages and peaks of the job's own time; a longer time has more; the picture is a file."""
    wait_until(lambda: project_on_host.run("top").returncode == 0, "the host")
    with no_guard(project_on_host):
        set_load(project_on_host, 0)
        project_on_host.there(recorder(4))
        set_load(project_on_host, 60)
        work = f"yes >/dev/null & {recorder(6)}; kill $!"  # measures itself, however slow it starts
        found = project_on_host.ok("job", "start", "--", work).strip()
        project_on_host.run("job", "wait", found)
        set_load(project_on_host, 0)
    job = project_on_host.json("usage", "--job", found)
    (gpu,) = job["totals"]["gpus"]
    assert 50 <= gpu["busy_percent"] <= 60
    assert (gpu["busy_peak_percent"], job["about"]) == (60, f"the job {found}")
    assert 0.05 < job["totals"]["cpu_cores"] < 2.5  # the machine below is shared
    whole = project_on_host.json("usage", "--since", "1h")
    assert whole["totals"]["seconds"] > job["totals"]["seconds"]
    text = project_on_host.ok("usage")
    assert "GPU 0 memory" in text
    assert max(map(len, text.splitlines())) <= 110


def test_usage_is_drawn(project_on_host: ProjectOnHost) -> None:
    """--svg writes the picture beside what is printed."""
    pytest.importorskip("leather")
    wait_until(lambda: project_on_host.run("top").returncode == 0, "the host")
    project_on_host.there(recorder(3))
    file = Path(project_on_host.project, "usage.svg")
    assert "CPU cores" in project_on_host.ok("usage", "--svg", str(file))
    assert file.read_text(encoding="utf-8").count("<path") >= 2


def test_top_is_live_at_a_terminal_until_ctrl_c(project_on_host: ProjectOnHost) -> None:
    """The load is seen as it changes; Ctrl-C ends it, and so does a laptop that goes: nothing stays there."""
    wait_until(lambda: project_on_host.run("top").returncode == 0, "the host")
    before = project_on_host.there(STREAMS)
    set_load(project_on_host, 42)
    with Terminal(project_on_host, "top", size=(30, 60), NO_COLOR="1", PYTHONIOENCODING="utf-8") as top:
        top.until(" 42 %")
        set_load(project_on_host, 7)
        top.until(" 7 %")
        top.until("▁")
        top.interrupt()
        top.until("stopped watching; the host goes on")
        assert top.end() == 130
        assert "\x1b[3" not in top.seen  # no colour
    with Terminal(project_on_host, "top", size=(30, 60)) as top:
        top.until("net out")
    wait_until(lambda: project_on_host.there(STREAMS) == before, "the program on the host to end")
    set_load(project_on_host, 0)


def test_top_without_a_terminal_is_one_look(project_on_host: ProjectOnHost) -> None:
    """Lines for a pipe, JSON for a program, with the jobs that run."""
    wait_until(lambda: project_on_host.run("top").returncode == 0, "the host")
    found = project_on_host.ok("job", "start", "--name", "train", "--", "sleep 600").strip()
    shown = project_on_host.run("top")
    assert "train" in shown.stdout
    assert "of 4 cores" in shown.stdout or "cores" in shown.stdout
    one = json.loads(project_on_host.ok("top", "--json"))
    assert [job["name"] for job in one["jobs"]] == ["train"]
    assert len(one["gpus"]) == 1
    project_on_host.ok("job", "stop", found)


def test_the_guard_keeps_samples_by_itself(project_on_host: ProjectOnHost) -> None:
    """On by default: nobody has to ask for it."""
    wait_until(lambda: project_on_host.run("top").returncode == 0, "the host")
    if project_on_host.run("ssh", "--", "systemctl cat gpuinfra-guard").returncode:
        pytest.skip("this host has no guard")
    wait_until(lambda: project_on_host.run("usage", "--since", "10m").returncode == 0, "the guard's samples")
