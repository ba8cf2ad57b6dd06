"""Every verb on a private host does what it does on any other; `down` comes last and leaves nothing."""

import os

import pytest

from tests.e2e.cli import refused
from tests.e2e.private_host.private_host import PrivateHost, interrupt
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e
PORT, REMOTE = 16106, 7107


def test_it_is_ready_without_any_way_in_but_session_manager(private_host: PrivateHost) -> None:
    """No public address, no rule, its port closed to us: `up` got in through a session all the same."""
    (machine,) = private_host.lab.simulator.machines()
    assert machine.public_ip == ""
    assert private_host.lab.simulator.calls("AuthorizeSecurityGroupIngress") == []
    knock = f"import socket; socket.create_connection(({machine.private_ip!r}, 22), timeout=1)"
    assert "TimeoutError" in private_host.python(knock).stderr
    refused(private_host.run("ip"), 5, "has no public address", "next: gpuinfra ssh")
    status = private_host.ok("status", "--live")
    assert "none (access = ssm)" in status
    assert "GPU 0" in status


def test_many_commands_share_one_session(private_host: PrivateHost) -> None:
    """The connection that `up` opened serves them all; after its end the next one opens another."""
    before = private_host.sessions()["StartSession"]
    assert private_host.ok("ssh", "--", "hostname").startswith("ip-10-93-0-")
    assert private_host.run("ssh", "--", "exit", "7").returncode == 7
    assert private_host.run("ssh", "exit 7").returncode == 7
    assert private_host.sessions()["StartSession"] == before
    end = ["ssh", "-F", f"{private_host.env['XDG_STATE_HOME']}/gpuinfra/ssh/default.conf", "-O", "exit"]
    private_host.inside(*end, "gpuinfra-default")
    wait_until(lambda: private_host.sessions()["open"] == 0, "the session to be terminated")
    assert private_host.ok("ssh", "--", "echo again") == "again\n"
    assert private_host.sessions()["StartSession"] == before + 1


def test_run_in_the_synced_project(private_host: PrivateHost) -> None:
    """Files go up, a command runs on them in the environment, its exit code comes back, results come down."""
    (private_host.project / "data.bin").write_bytes(os.urandom(2_000_000))
    (private_host.project / "train.py").write_text(
        "import hashlib, sys; print(sys.prefix)\n"
        "open('sum', 'w').write(hashlib.sha256(open('data.bin', 'rb').read()).hexdigest()); sys.exit(3)\n"
    )
    private_host.ok("sync", "up")
    done = private_host.run("run", "--", "python", "train.py")
    assert done.returncode == 3, done.stderr
    assert done.stdout.strip().endswith("/envs/gpu")
    private_host.ok("sync", "down")
    summed = private_host.inside("sha256sum", "data.bin").stdout.split()[0]
    assert (private_host.project / "sum").read_text() == summed


def test_a_job(private_host: PrivateHost) -> None:
    """Started, waited for, read."""
    private_host.ok("job", "start", "--name", "train", "--", "echo on it; exit 9")
    assert private_host.run("job", "wait", "train").returncode == 9
    assert private_host.ok("job", "logs", "train") == "on it\n"


def test_a_forwarded_port(private_host: PrivateHost) -> None:
    """By a session of its own, which ends with it."""
    serve = f"python3 -m http.server --bind 127.0.0.1 --directory /etc {REMOTE}"
    private_host.ok("ssh", "--", f"sudo systemd-run --quiet --unit=some-server {serve}")
    open_before = private_host.sessions()["open"]
    running = private_host.start("forward", f"{PORT}:{REMOTE}")
    try:
        page = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{PORT}/hostname').read())"
        wait_until(lambda: "ip-10-93-0-" in private_host.python(page).stdout, "the page")
        assert private_host.sessions()["open"] == open_before + 1
        assert interrupt(running) == 130
    finally:
        running.kill()
    wait_until(lambda: private_host.sessions()["open"] == open_before, "the session to be terminated")


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        (["gpu", "test"], "this torch is a stand-in"),
        (["jupyter", "--no-open"], "was made without jupyterlab"),
        (["docker", "run", "--", "true"], "docker is not on the host"),
        (["clone", "https://127.0.0.1/a/b"], "git could not clone https://127.0.0.1/a/b"),
    ],
)
def test_the_host_itself_answers(verb: list[str], answer: str, private_host: PrivateHost) -> None:
    """Of these the lab's host lacks what they need, and says so: our part of them got there."""
    done = private_host.run(*verb)
    assert done.returncode in (2, 5)
    assert answer in done.stderr


def test_down_leaves_nothing(private_host: PrivateHost) -> None:
    """Neither in AWS, nor a session, nor a file of the host here."""
    private_host.ok("down", "--yes")
    assert private_host.lab.simulator.leftovers() == {}
    wait_until(lambda: private_host.sessions()["open"] == 0, "the sessions to be terminated")
    state = private_host.project.parent / "state" / "gpuinfra"
    assert [path.name for path in state.rglob("i-*")] == []
