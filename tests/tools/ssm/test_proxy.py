"""ssh and scp with real OpenSSH at both ends; what is AWS's in between is a fake."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.processes import until_test_ends
from tests.tools.ssm.conftest import TARGET, Private
from tests.tools.ssm.fake_aws import FORBIDDEN, NOT_CONNECTED
from tests.waiting import PATIENCE_S

ALIAS = "gpuinfra-default"
MB = 1_000_000
FAULTS = ("duplicate=.2", "reorder=.2", "lose=.1")


def test_a_command_runs_with_its_exit_code_and_the_session_is_ended(private: Private) -> None:
    """The upgrade is signed, the host's key is checked, and AWS is told when ssh is done."""
    with private() as way:
        done = way.run("ssh", ALIAS, "--", "cat; exit 7", feed=b"hello")
        assert (done.stdout, done.returncode) == (b"hello", 7), done.stderr
        way.wait_for("TerminateSession")
        seen = way.seen()
    assert seen["signature valid ssmmessages"] == seen["StartSession"] == seen["TerminateSession"] == 1


def test_30_mb_arrive_whole_both_ways(private: Private, tmp_path: Path) -> None:
    """By scp, as every transfer goes; how long it takes is told by `make bench`."""
    data = os.urandom(30 * MB)
    here, there, back = (tmp_path / name for name in ("here", "there", "back"))
    here.write_bytes(data)
    with private() as way:
        for source, target in ((here, f"{ALIAS}:{there}"), (f"{ALIAS}:{there}", back)):
            done = way.run("scp", "-q", str(source), str(target))
            assert done.returncode == 0, done.stderr
    assert there.read_bytes() == data
    assert back.read_bytes() == data


def test_duplicates_disorder_and_loss_change_nothing(private: Private) -> None:
    """A fifth twice, a fifth late, a tenth lost, in both directions; ssh sees none of it."""
    data = os.urandom(MB)
    with private(*FAULTS) as way:
        done = way.run("ssh", ALIAS, "--", "cat", feed=data)
        assert done.returncode == 0, done.stderr
        assert done.stdout == data
        assert way.seen()["repeated by the client"] > 0


def test_a_cut_connection_is_resumed(private: Private) -> None:
    """The socket is reset in the midst of a transfer; the session goes on where it was."""
    data = os.urandom(MB)
    with private("cut_after=500") as way:
        done = way.run("ssh", ALIAS, "--", "cat", feed=data)
        assert done.stdout == data, done.stderr
        seen = way.seen()
    assert (seen["cut"], seen["ResumeSession"], seen["signature valid ssmmessages"]) == (1, 1, 2)


def test_a_cut_that_cannot_be_resumed_ends_clearly(private: Private) -> None:
    """AWS has forgotten the session: ssh ends at once, and its user sees why and what to do."""
    with private("cut_after=500", "forget=1") as way:
        done = way.run("ssh", ALIAS, "--", "cat", feed=os.urandom(MB))
        way.wait_for("TerminateSession")
    assert done.returncode == 255
    assert b"error: the session to i-" in done.stderr
    assert b"has ended" in done.stderr
    assert b"next: run the same command again" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_ends_the_session(number: signal.Signals, private: Private) -> None:
    """ssh ends its ProxyCommand by SIGHUP; no session may stay open then. Ctrl-C is ssh's alone."""
    argv = [sys.executable, "-m", "gpuinfra", "ssm-proxy", "--region", "us-east-1", TARGET]
    with private() as way:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        process: subprocess.Popen[bytes] = until_test_ends(subprocess.Popen(argv, env=way.env, **pipes))
        assert process.stdout
        assert process.stdin
        assert process.stdout.read(4) == b"SSH-"
        process.send_signal(signal.SIGINT)
        process.stdin.write(b"SSH-2.0-test\r\n")  # after the signal: it is still there to pass this on
        process.stdin.flush()
        assert process.stdout.read(1)
        assert process.poll() is None
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == 0
        assert way.seen()["TerminateSession"] == 1


def test_the_end_of_stdin_ends_the_session(private: Private) -> None:
    """Killed without a chance to say so, ssh leaves an end of file behind; it is said to the agent, too."""
    with private() as way:
        done = way.proxy(TARGET)
        seen = way.seen()
    assert (done.returncode, seen["flag 2"], seen["TerminateSession"]) == (0, 1, 1), done.stderr


def test_a_stream_that_is_not_awss_gets_no_token(private: Private) -> None:
    """Only wss://ssmmessages.REGION.amazonaws.com; the session is ended although it was never used."""
    with private("elsewhere=1") as way:
        done = way.proxy(TARGET)
        assert way.seen()["TerminateSession"] == 1
    assert done.returncode == 4
    assert "gpuinfra connects to wss://ssmmessages.us-east-1.amazonaws.com only" in done.stderr


def test_a_wrong_signature_is_explained(private: Private) -> None:
    """What a missing permission on the stream looks like."""
    with private() as way:
        done = way.proxy(TARGET, AWS_SECRET_ACCESS_KEY="another")
        assert way.seen()["signature wrong"] == 1
    assert done.returncode == 4
    assert "ssmmessages:OpenDataChannel" in done.stderr


@pytest.mark.parametrize(
    ("target", "code", "says"),
    [
        (NOT_CONNECTED, 5, ("is not connected to Session Manager", "next: gpuinfra status")),
        (FORBIDDEN, 4, ("may not do ssm:StartSession", "ssmmessages:OpenDataChannel")),
    ],
)
def test_what_aws_refuses_is_explained(
    target: str, code: int, says: tuple[str, ...], private: Private
) -> None:
    """One line, one next step, no traceback."""
    with private() as way:
        done = way.proxy(target)
    assert done.returncode == code, done.stderr
    assert all(text in done.stderr for text in says), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no AWS credentials were found"),
        ({"AWS_PROFILE": "nobody", "AWS_ACCESS_KEY_ID": ""}, "nobody"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "AWS cannot be reached"),
    ],
)
def test_without_a_way_to_aws_nothing_is_begun(env: dict[str, str], says: str, private: Private) -> None:
    """No credentials, a profile that there is not, no network: one line, one next step."""
    with private() as way:
        done = way.proxy(TARGET, **env)
        assert "StartSession" not in way.seen()
    assert done.returncode == 4, done.stderr
    assert says in done.stderr
    assert "next: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_kms_session_is_refused_and_names_the_plugin(private: Private) -> None:
    """Encryption with a key of the account's own is the plugin's."""
    with private("kms=1") as way:
        done = way.proxy(TARGET)
        assert way.seen()["TerminateSession"] == 1
    assert done.returncode == 5
    assert "KMS key" in done.stderr
    assert "GPUINFRA_SSM_PLUGIN=1" in done.stderr


def test_a_host_whose_sshd_does_not_answer(private: Private) -> None:
    """The agent is up before sshd is."""
    with private(port=1) as way:
        done = way.proxy(TARGET)
    assert done.returncode == 5
    assert "nothing answers at its ssh port" in done.stderr
