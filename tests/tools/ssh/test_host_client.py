"""The host's program, sent and run on this machine: no ssh, no systemd, all else real."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.ground.errors import ConfigError
from gpuinfra.host.jobs import frames as wire
from gpuinfra.tools.ssh import host_bundle
from tests.fakes.host import client
from tests.fakes.jobs import asked, local_ssh, opening, run
from tests.processes import until_test_ends
from tests.samples import host
from tests.waiting import PATIENCE_S, wait_until


def test_frames_survive_any_cut() -> None:
    """Bytes come as the network likes."""
    whole = wire.pack(wire.INPUT, b"abc") + wire.pack(wire.STDIN_EOF)
    frames = wire.Frames()
    got = [frame for byte in whole for frame in frames.feed(bytes([byte]))]
    assert got == [(wire.INPUT, b"abc"), (wire.STDIN_EOF, b"")]


def test_input_output_and_exit_code(home: Path) -> None:
    """What is sent comes back; the program is kept, the run is not."""
    done = run(
        local_ssh(home),
        asked("cat; echo err >&2; exit 3"),
        wire.pack(wire.INPUT, b"hello"),
        wire.pack(wire.STDIN_EOF),
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, b"hello", b"err\n")
    assert len(list((home / ".cache/gpuinfra").glob("host-*"))) == 1
    jobs = home / ".local/share/gpuinfra/jobs"  # the supervisor removes it after its last word
    wait_until(lambda: list(jobs.iterdir()) == [], "the run to be removed")


@pytest.mark.parametrize("before", ["", "trap '' INT QUIT\n"], ids=["", "begun in a shell's background"])
def test_a_signal_reaches_the_group(before: str, home: Path) -> None:
    """As Ctrl-C does; also where what started us ignores it, which is inherited."""
    ssh = local_ssh(home)
    program = Path(ssh[0])
    program.write_text(program.read_text().replace("#!/bin/sh\n", f"#!/bin/sh\n{before}"))
    done = run(ssh, asked("sleep 600 | sleep 600"), wire.pack(wire.SIGNAL, b"INT"))
    assert done.returncode == 128 + signal.SIGINT


def test_what_is_left_goes_on_and_keeps_its_end(home: Path) -> None:
    """The connection ends without a word; output and exit code are kept."""
    go_on = home / "go-on"
    request = asked(f"echo one; until [ -e {go_on} ]; do sleep 0.05; done; echo two; exit 5")
    bundle = host_bundle.files()
    argv = [*local_ssh(home), "--", host_bundle.command(host_bundle.JOBS, bundle)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    child: subprocess.Popen[bytes] = until_test_ends(subprocess.Popen(argv, **pipes))
    assert child.stdin
    assert child.stdout
    assert host_bundle.hand_over(child.stdin.fileno(), child.stdout.fileno(), bundle) == b""
    child.stdin.write(opening(request))
    child.stdin.flush()
    assert child.stdout.readline() == b"one\n"
    child.stdin.close()
    assert child.wait(PATIENCE_S) == 255
    child.stdout.close()
    go_on.touch()
    ended = client(argv[:1]).ask(
        host(), {"verb": "wait", "job": "abcd", "seconds": PATIENCE_S, "flags": ""}, timeout_s=PATIENCE_S
    )
    assert (ended["state"], ended["exit_code"], ended["kind"]) == ("failed", 5, "run")
    assert (home / ".local/share/gpuinfra/jobs/abcd/log").read_text() == "one\ntwo\n"


def test_a_killed_supervisor_is_a_lost_job(home: Path) -> None:
    """No job is shown as running that nobody supervises."""
    request, bundle = asked("echo $PPID; sleep 600"), host_bundle.files()
    argv = [*local_ssh(home), "--", host_bundle.command(host_bundle.JOBS, bundle)]
    pipes: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.DEVNULL,
    }
    child: subprocess.Popen[bytes] = until_test_ends(subprocess.Popen(argv, **pipes))
    assert child.stdin
    assert child.stdout
    assert host_bundle.hand_over(child.stdin.fileno(), child.stdout.fileno(), bundle) == b""
    child.stdin.write(opening(request))
    child.stdin.flush()
    os.kill(int(child.stdout.readline()), signal.SIGKILL)
    assert child.wait(PATIENCE_S) == 137
    child.stdin.close()
    child.stdout.close()
    store = home / ".local/share/gpuinfra/jobs/abcd/job.json"
    store.write_text(store.read_text().replace(time.strftime("%Y-"), "2000-"))
    (job,) = client(argv[:1]).ask(host(), {"verb": "list", "flags": ""}, timeout_s=PATIENCE_S)
    assert (job["state"], job["reason"]) == ("lost", "its supervisor was killed")


def test_a_job_that_never_began_keeps_no_secret(home: Path) -> None:
    """What --env said waits in a file for the supervisor; of a job that is lost it is deleted."""
    ssh, jobs = local_ssh(home), home / ".local/share/gpuinfra/jobs"
    records = {
        "new": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60)),
        "old": "2000-01-01T00:00:00Z",
    }
    for name, created in records.items():
        (jobs / name).mkdir(parents=True)
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        (jobs / name / "job.json").write_text(json.dumps({"id": name, "created": created, "boot_id": boot}))
        (jobs / name / "secret.json").write_text('{"env": {"TOKEN": "s3cret"}}')
    listed = client(ssh).ask(host(), {"verb": "list", "flags": ""}, timeout_s=PATIENCE_S)
    assert {job["state"] for job in listed} == {"lost"}
    assert {name: (jobs / name / "secret.json").exists() for name in records} == {"new": True, "old": False}


def test_what_a_command_said_itself_is_kept_until_it_is_told_apart(home: Path) -> None:
    """255 is also what ssh says of a lost connection: the laptop looks, and then it is forgotten."""
    assert run(local_ssh(home), asked("exit 255")).returncode == 255
    ssh, view = [f"{home}/ssh"], {"verb": "view", "job": "abcd", "flags": "", "forget": True}
    assert client(ssh).ask(host(), view, timeout_s=PATIENCE_S)["exit_code"] == 255
    with pytest.raises(ConfigError, match="no job on the host"):
        client(ssh).ask(host(), view, timeout_s=PATIENCE_S)


def test_gpu_test_without_torch(home: Path) -> None:
    """A clear line, no traceback."""
    found = client(local_ssh(home)).python(host(), sys.executable, "gpu_benchmark.py", timeout_s=PATIENCE_S)
    assert found["problem"] == "the environment has no PyTorch"
