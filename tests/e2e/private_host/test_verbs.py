"""Every verb on a private host does what it does on any other; `down` comes last and leaves nothing."""

import os

import pytest

from tests.e2e.cli import refused
from tests.e2e.private_host.private_host import PrivateHost, interrupt
from tests.simulator.aws import client
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e
PORT, REMOTE = 16106, 7107


# A network of one's own would be made by these, and a rule in by the last.
COSTLY = ("CreateVpc", "CreateNatGateway", "AllocateAddress", "CreateVpcEndpoint")
LETS_IN = "AuthorizeSecurityGroupIngress"


def test_it_is_ready_without_any_way_in_but_session_manager(private_host: PrivateHost) -> None:
    """Nothing made that costs by the hour, no rule in: `up` got in through a session all the same."""
    simulator = private_host.lab.simulator
    (machine,) = simulator.machines()
    assert [call for action in (*COSTLY, LETS_IN) for call in simulator.calls(action)] == []
    refused(private_host.run("ip"), 5, "nobody can reach the host", "next: gpuinfra ssh")
    status = private_host.ok("status", "--live")
    assert f"{machine.public_ip}, the way out only: nobody is let in" in status
    assert "GPU 0" in status


def test_a_port_scan_from_outside_finds_nothing(private_host: PrivateHost) -> None:
    """All TCP ports of both addresses, though services listen; the same scan sees a rule that is opened."""
    listening = private_host.ok("ssh", "--", "ss -Htln 'src 0.0.0.0/0'")
    assert ":22 " in listening
    (machine,) = private_host.lab.simulator.machines()
    for address in (machine.public_ip, machine.private_ip):
        assert private_host.open_ports(address) == []
    ec2, (group, *_) = client("ec2", private_host.lab.simulator), machine_groups(private_host)
    rule = {"GroupId": group, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
    ec2.authorize_security_group_ingress(**rule)
    wait_until(lambda: private_host.open_ports(machine.public_ip, 1024) == [22], "the rule to count")
    assert "tcp port 22 from 0.0.0.0/0" in private_host.ok("status")
    ec2.revoke_security_group_ingress(**rule)
    wait_until(lambda: private_host.open_ports(machine.public_ip, 1024) == [], "the rule to be gone")


def machine_groups(private_host: PrivateHost) -> list[str]:
    """Return the ids of the host's security groups."""
    (host,) = client("ec2", private_host.lab.simulator).describe_instances()["Reservations"][0]["Instances"]
    return [group["GroupId"] for group in host["SecurityGroups"]]


def test_many_commands_share_one_session(private_host: PrivateHost) -> None:
    """The connection that `up` opened serves them all; after its end the next one opens another."""
    before = private_host.sessions()["StartSession"]
    assert private_host.ok("ssh", "--", "hostname").startswith("ip-172-31-")
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
        wait_until(lambda: "ip-172-31-" in private_host.python(page).stdout, "the page")
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


def test_it_comes_back_from_a_stop(private_host: PrivateHost) -> None:
    """By another address, which matters to nobody: the next command gets in, and still nobody else."""
    (before,) = private_host.lab.simulator.machines()
    private_host.ok("stop", "--yes")
    started = private_host.run("start")
    assert started.returncode == 0, started.stderr
    assert private_host.ok("ssh", "--", "cat /etc/hostname").startswith("ip-172-31-")
    (after,) = private_host.lab.simulator.machines()
    assert after.public_ip != before.public_ip
    assert private_host.open_ports(after.public_ip, 1024) == []
    assert private_host.json("plan")["changes"] == []


def test_down_leaves_nothing(private_host: PrivateHost) -> None:
    """Neither in AWS, nor a session, nor a file of the host here."""
    private_host.ok("down", "--yes")
    assert private_host.lab.simulator.leftovers() == {}
    wait_until(lambda: private_host.sessions()["open"] == 0, "the sessions to be terminated")
    state = private_host.project.parent / "state" / "gpuinfra"
    assert [path.name for path in state.rglob("i-*")] == []
