"""Jobs and a GPU that is lost: those that run end as "GPU failed", no other is taken."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.host import gpu_state
from gpuinfra.tools.ssh import host_bundle
from tests.fakes.host import client
from tests.fakes.jobs import asked, local_ssh, opening, run
from tests.processes import until_test_ends
from tests.samples import host
from tests.waiting import PATIENCE_S

REASON = "GPU PCI:0000:00:1e: Xid 79, GPU has fallen off the bus."


@pytest.fixture
def state(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that says how the GPUs are: all is well."""
    file = home / "run/gpu"
    monkeypatch.setenv("GPUINFRA_GPU_STATE", str(file))
    gpu_state.write(gpu_state.OK, "")
    return file


@pytest.mark.parametrize("trouble", [gpu_state.LOST, gpu_state.UNFIT])
def test_a_host_with_a_lost_or_unfit_gpu_takes_no_job(home: Path, state: Path, trouble: str) -> None:
    """Whoever asks is told why and what to do; after the next check it takes jobs again."""
    gpu_state.write(trouble, REASON)
    ssh = local_ssh(home)
    refused = run(ssh, asked("touch ran", flags=" --stack b"))
    assert refused.returncode == 5
    assert f"this host takes no job: {REASON}" in refused.stderr.decode()
    assert "next: gpuinfra ssh --stack b -- sudo reboot" in refused.stderr.decode()
    assert not (home / "project/ran").exists()
    gpu_state.write(gpu_state.OK, "")
    assert run(ssh, asked("exit 3")).returncode == 3


def test_a_job_waits_for_the_check_of_a_boot(
    home: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reboot forgets how the GPUs were: nothing runs on a host with GPUs before a look at them."""
    state.unlink()
    (home / "gpu-sold").write_text("g4dn.xlarge 1 16384 T4\n")
    monkeypatch.setenv("GPUINFRA_GPU_SOLD", str(home / "gpu-sold"))
    checked = threading.Timer(0.5, gpu_state.write, (gpu_state.OK, ""))
    checked.start()
    done = run(local_ssh(home), asked(f"cat {state}"))
    checked.join()
    assert (done.returncode, done.stdout) == (0, b"ok\n"), done


def test_a_run_ends_when_a_gpu_is_lost(home: Path, state: Path) -> None:
    """Its exit code is that of a failed GPU, not the command's own; the reason is its last word."""
    done = run(local_ssh(home), asked(f"echo 'lost {REASON}' >{state}; sleep 600"))
    assert done.returncode == 74
    assert f"gpuinfra: GPU failed: {REASON}" in done.stderr.decode()


@pytest.mark.parametrize(
    ("words", "state_and_code"),
    [
        (f"echo 'lost {REASON}' >$STATE; sleep 600", ("GPU failed", 74)),
        (f"echo 'lost {REASON}' >$STATE; exit 1", ("GPU failed", 74)),
        (f"echo 'lost {REASON}' >$STATE; exit 0", ("done", 0)),
        ("echo 'unfit Driver/library version mismatch' >$STATE; exit 1", ("failed", 1)),
        ("exit 1", ("failed", 1)),
    ],
)
def test_how_a_job_ended_says_whose_fault_it_was(
    home: Path, state: Path, words: str, state_and_code: tuple[str, int]
) -> None:
    """One that fails as its GPU is lost did not fail by itself; a driver's upgrade ends nobody's job."""
    bundle, ssh = host_bundle.files(), local_ssh(home)
    request = asked(f"until [ -e {home}/go ]; do sleep 0.05; done; {words}", env={"STATE": str(state)})
    argv = [*ssh, "--", host_bundle.command(host_bundle.JOBS, bundle)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    child: subprocess.Popen[bytes] = until_test_ends(subprocess.Popen(argv, **pipes))
    assert child.stdin
    assert child.stdout
    host_bundle.hand_over(child.stdin.fileno(), child.stdout.fileno(), bundle)
    child.stdin.write(opening(request))
    child.stdin.close()  # nobody is attached: it goes on as a job, and its end is kept
    assert child.wait(PATIENCE_S) == 255
    child.stdout.close()
    (home / "go").touch()
    wait = {"verb": "wait", "job": "abcd", "seconds": PATIENCE_S, "flags": ""}
    ended = client(ssh).ask(host(), wait, timeout_s=PATIENCE_S)
    assert (ended["state"], ended["exit_code"]) == state_and_code
    if ended["state"] == "GPU failed":
        assert ended["reason"] == REASON
        kept = json.loads((home / ".local/share/gpuinfra/jobs/abcd/end.json").read_text())
        assert kept["state"] == "failed", (
            "a gpuinfra of before does not know the state, and would wait for ever"
        )


STUCK = """
from gpuinfra.host.jobs.job_store import JobDirectory
from gpuinfra.host.jobs.output_log import OutputLog
from gpuinfra.host.jobs.stdin_writer import StdinBuffer
from gpuinfra.host.jobs.supervisor import Supervisor

class Stuck:
    outputs, input, terminal, stdin = {}, -1, -1, StdinBuffer()
    def signal(self, number): print("signal", int(number))
    def exit_code(self): return None
    def feed(self): return False

job = JobDirectory("abcd")
job.create({})
output = OutputLog(job.log, kept=True, journal=-1)
print(Supervisor(job, Stuck(), output, kept=True, grace_s=0.1).run()["cause"])
"""


def test_a_command_that_hangs_in_the_kernel_with_its_gpu_is_given_up(home: Path, state: Path) -> None:
    """Not even SIGKILL ends it: the job's end is kept all the same, and nobody waits for ever."""
    gpu_state.write(gpu_state.LOST, REASON)
    env = {**os.environ, "HOME": str(home), "PYTHONPATH": host_bundle.ROOT}
    argv = [sys.executable, "-c", STUCK]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.stdout.split() == ["signal", "15", "signal", "9", "gpu"], done.stderr


def test_the_live_numbers_tell_what_is_wrong(home: Path, state: Path) -> None:
    """What nvidia-smi says when it fails is not dropped; what the last look found has the first word."""
    smi = home / "bin/nvidia-smi"
    smi.parent.mkdir()
    smi.write_text("#!/bin/sh\necho 'Failed to initialize NVML: Driver/library version mismatch'; exit 18\n")
    smi.chmod(0o755)
    ssh = local_ssh(home)
    program = Path(ssh[0])
    program.write_text(
        program.read_text().replace("export ", f"export PATH={smi.parent}:{os.environ['PATH']} ")
    )
    live = {"verb": "live", "flags": ""}
    found = client(ssh).ask(host(), live, timeout_s=PATIENCE_S)
    assert (found["gpus"], found["gpu_words"]) == (
        [],
        "Failed to initialize NVML: Driver/library version mismatch",
    )
    gpu_state.write(gpu_state.LOST, REASON)
    assert client(ssh).ask(host(), live, timeout_s=PATIENCE_S)["gpu_words"] == REASON
