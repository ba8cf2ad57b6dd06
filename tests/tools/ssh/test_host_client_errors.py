"""What the host refuses, and each way of no answer; the host's program runs on this machine."""

import os
from pathlib import Path

import pytest

from gpuinfra.features.jobs.job import parse_all
from gpuinfra.ground.errors import CloudError, GpuInfraError, HostError, Unreachable
from gpuinfra.host.jobs import frames
from tests.fakes.host import client
from tests.fakes.jobs import asked, local_ssh, run
from tests.samples import host
from tests.waiting import PATIENCE_S


def test_refusals_come_back_as_errors(home: Path) -> None:
    """In the host's words, with its hint and the right exit code."""
    ssh = local_ssh(home)
    (home / "status.json").write_text("{}")
    with pytest.raises(HostError, match="environment is not there yet") as caught:
        client(ssh).ask(host(), {**asked("true", flags=" --stack x"), "verb": "start"}, timeout_s=PATIENCE_S)
    assert caught.value.hint == "gpuinfra status --watch --stack x"


@pytest.mark.parametrize(
    ("words", "says"),
    [(["cd", "x"], "no such program on the host; a line for the shell is"), (["/"], "/: Permission denied")],
)
def test_what_cannot_be_started_says_why(home: Path, words: list[str], says: str) -> None:
    """A built-in of the shell above all."""
    done = run(local_ssh(home), asked(*words))
    assert (done.returncode, says in done.stderr.decode()) == (127 if words[1:] else 126, True), done


def test_input_that_finds_no_room_ends_the_command(home: Path) -> None:
    """With half of its input it would do half of its work and call it done."""
    (ssh,) = map(Path, local_ssh(home))
    ssh.write_text(ssh.read_text().replace("exec sh", "ulimit -f 256; exec sh"))
    done = run(
        [str(ssh)], asked("trap 'exit 0' TERM; sleep 600 & wait"), frames.pack(frames.INPUT, bytes(2**20))
    )
    assert (done.returncode, done.stderr) == (1, b"gpuinfra: the host's disk has no room for its input\r\n")


def test_a_job_that_systemd_refuses_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """systemd's own words, exit code 5, and no job in the list."""
    ssh = local_ssh(home)
    (home / "sudo").write_text("#!/bin/sh\necho 'Failed to connect to bus' >&2; exit 1\n")
    (home / "sudo").chmod(0o700)
    monkeypatch.setenv("PATH", f"{home}:{os.environ['PATH']}")
    with pytest.raises(HostError, match="systemd did not start the job: Failed to connect to bus"):
        client(ssh).ask(host(), {**asked("true"), "verb": "start"}, timeout_s=PATIENCE_S)
    assert client(ssh).ask(host(), {"verb": "list", "flags": ""}, timeout_s=PATIENCE_S) == []


def fake_ssh(home: Path, line: str) -> list[str]:
    """Return an ssh that ignores its input and does this."""
    (home / "ssh").write_text(f"#!/bin/sh\n{line}\n")
    (home / "ssh").chmod(0o700)
    return [str(home / "ssh")]


@pytest.mark.parametrize(
    ("line", "kind", "says"),
    [
        ("echo broken >&2; exit 255", Unreachable, "the host does not answer: broken"),
        ("echo gpuinfra-host have; echo Welcome; echo why >&2", HostError, r"answered 'Welcome.*why"),
        ('echo gpuinfra-host have; echo \'{"refused": "m", "hint": null, "exit_code": 4}\'', CloudError, "m"),
    ],
)
def test_each_way_of_no_answer_is_an_error_of_its_own(
    home: Path, line: str, kind: type[GpuInfraError], says: str
) -> None:
    """With what was found."""
    with pytest.raises(kind, match=says) as caught:
        client(fake_ssh(home, line)).ask(host(), {"verb": "list", "flags": ""}, timeout_s=PATIENCE_S)
    assert type(caught.value) is kind


def test_a_host_that_says_nothing_is_not_waited_for_without_end(home: Path) -> None:
    """An ssh that hangs is ended when its time is over, and that is what the user is told."""
    with pytest.raises(Unreachable, match="has not answered for 1 s"):
        client(fake_ssh(home, "exec sleep 600")).ask(host(), {"verb": "list", "flags": ""}, timeout_s=1)


def test_a_script_that_fails_shows_its_last_words(home: Path) -> None:
    """As of an environment whose torch is broken."""
    ssh = fake_ssh(home, "echo gpuinfra-host have; echo 'libcuda.so: not found' >&2; exit 1")
    with pytest.raises(HostError, match="failed on the host: libcuda"):
        client(ssh).python(host(), "/env/bin/python", "gpu_benchmark.py", timeout_s=PATIENCE_S)


@pytest.mark.parametrize("where", ["printf x; ", ""])
def test_a_host_that_does_not_stop_talking_is_not_listened_to(home: Path, where: str) -> None:
    """Before our program's word, and after it; what came is not kept."""
    word = "" if where else "echo gpuinfra-host have; "
    ssh = fake_ssh(home, f"{word}exec cat /dev/zero")
    with pytest.raises(HostError, match=r"not answered|none that gpuinfra knows: more than"):
        client(ssh).ask(host(), {"verb": "list", "flags": ""}, timeout_s=PATIENCE_S)


@pytest.mark.parametrize("reply", ["[" * 100_000, "NaN", '{"a": 1' + "0" * 5000 + "}"])
def test_json_that_is_none_is_an_error_of_the_host(home: Path, reply: str) -> None:
    """Nested without end, not a number, or a number of 5,000 digits."""
    (home / "reply").write_text(reply)
    ssh = fake_ssh(home, f"echo gpuinfra-host have; cat {home}/reply")
    with pytest.raises(HostError):
        parse_all(client(ssh).ask(host(), {"verb": "list", "flags": ""}, timeout_s=PATIENCE_S))
