"""Every verb on a private host does what it does on any other; `down` comes last and leaves nothing."""

import os

import pytest

from tests.e2e.cli import refused
from tests.e2e.private_host.private_host import PrivateHost, interrupt
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e
PORT, REMOTE = 16106, 7107


def test_it_is_ready_without_any_way_in_but_session_manager(cell: PrivateHost) -> None:
    """No public address, no rule, its port closed to us: `up` got in through a session all the same."""
    (machine,) = cell.lab.simulator.machines()
    assert machine.public_ip == ""
    assert cell.lab.simulator.calls("AuthorizeSecurityGroupIngress") == []
    knock = f"import socket; socket.create_connection(({machine.private_ip!r}, 22), timeout=1)"
    assert "TimeoutError" in cell.python(knock).stderr
    refused(cell.run("ip"), 5, "has no public address", "next: gpuinfra ssh")
    status = cell.ok("status", "--live")
    assert "none (access = ssm)" in status
    assert "GPU 0" in status


def test_many_commands_share_one_session(cell: PrivateHost) -> None:
    """The connection that `up` opened serves them all; after its end the next one opens another."""
    before = cell.sessions()["StartSession"]
    assert cell.ok("ssh", "--", "hostname").startswith("ip-10-93-0-")
    assert cell.run("ssh", "--", "exit", "7").returncode == 7
    assert cell.run("ssh", "exit 7").returncode == 7
    assert cell.sessions()["StartSession"] == before
    end = ["ssh", "-F", f"{cell.env['XDG_STATE_HOME']}/gpuinfra/ssh/default.conf", "-O", "exit"]
    cell.inside(*end, "gpuinfra-default")
    wait_until(lambda: cell.sessions()["open"] == 0, "the session to be terminated")
    assert cell.ok("ssh", "--", "echo again") == "again\n"
    assert cell.sessions()["StartSession"] == before + 1


def test_run_in_the_synced_project(cell: PrivateHost) -> None:
    """Files go up, a command runs on them in the environment, its exit code comes back, results come down."""
    (cell.project / "data.bin").write_bytes(os.urandom(2_000_000))
    (cell.project / "train.py").write_text(
        "import hashlib, sys; print(sys.prefix)\n"
        "open('sum', 'w').write(hashlib.sha256(open('data.bin', 'rb').read()).hexdigest()); sys.exit(3)\n"
    )
    cell.ok("sync", "up")
    done = cell.run("run", "--", "python", "train.py")
    assert done.returncode == 3, done.stderr
    assert done.stdout.strip().endswith("/envs/gpu")
    cell.ok("sync", "down")
    summed = cell.inside("sha256sum", "data.bin").stdout.split()[0]
    assert (cell.project / "sum").read_text() == summed


def test_a_job(cell: PrivateHost) -> None:
    """Started, waited for, read."""
    cell.ok("job", "start", "--name", "train", "--", "echo on it; exit 9")
    assert cell.run("job", "wait", "train").returncode == 9
    assert cell.ok("job", "logs", "train") == "on it\n"


def test_a_forwarded_port(cell: PrivateHost) -> None:
    """By a session of its own, which ends with it."""
    serve = f"python3 -m http.server --bind 127.0.0.1 --directory /etc {REMOTE}"
    cell.ok("ssh", "--", f"sudo systemd-run --quiet --unit=some-server {serve}")
    open_before = cell.sessions()["open"]
    running = cell.start("forward", f"{PORT}:{REMOTE}")
    try:
        page = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{PORT}/hostname').read())"
        wait_until(lambda: "ip-10-93-0-" in cell.python(page).stdout, "the page")
        assert cell.sessions()["open"] == open_before + 1
        assert interrupt(running) == 130
    finally:
        running.kill()
    wait_until(lambda: cell.sessions()["open"] == open_before, "the session to be terminated")


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        (["gpu", "test"], "this torch is a stand-in"),
        (["jupyter", "--no-open"], "was made without jupyterlab"),
        (["docker", "run", "--", "true"], "docker is not on the host"),
        (["clone", "https://127.0.0.1/a/b"], "git is not installed on the host"),
    ],
)
def test_the_host_itself_answers(verb: list[str], answer: str, cell: PrivateHost) -> None:
    """Of these the lab's host lacks what they need, and says so: our part of them got there."""
    done = cell.run(*verb)
    assert done.returncode in (2, 5)
    assert answer in done.stderr


def test_down_leaves_nothing(cell: PrivateHost) -> None:
    """Neither in AWS, nor a session, nor a file of the host here."""
    cell.ok("down", "--yes")
    assert cell.lab.simulator.leftovers() == {}
    wait_until(lambda: cell.sessions()["open"] == 0, "the sessions to be terminated")
    state = cell.project.parent / "state" / "gpuinfra"
    assert [path.name for path in state.rglob("i-*")] == []
