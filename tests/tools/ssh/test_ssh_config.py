"""The ssh configuration: strict, ours alone, and read by the real ssh."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gpuinfra.ground.model import Host
from gpuinfra.tools.ssh import ssh_config
from tests.samples import host


def effective(conf: Path, alias: str) -> dict[str, str]:
    """Return what the real ssh makes of the file."""
    done = subprocess.run(["ssh", "-G", "-F", str(conf), alias], capture_output=True, text=True, check=True)
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


def test_the_real_ssh_reads_it_as_meant(tmp_path: Path) -> None:
    """Strict key checking under the instance id, nothing else's keys, one shared connection."""
    pins = tmp_path / "pins 100%"
    conf = ssh_config.write(
        host(), address="52.9.9.9", known_hosts=pins, environ={"XDG_STATE_HOME": str(tmp_path)}
    )
    found = effective(conf, "gpuinfra-default")
    assert found["hostname"] == "52.9.9.9"
    assert found["hostkeyalias"] == host().instance_id
    assert found["stricthostkeychecking"] == "true"
    assert found["userknownhostsfile"].replace("%%", "%") == str(pins)
    assert (found["updatehostkeys"], found["identitiesonly"]) == ("false", "yes")
    assert conf.stat().st_mode & 0o777 == 0o600


def test_a_private_host_is_reached_by_its_id_through_session_manager(tmp_path: Path) -> None:
    """By this very Python, whatever is on PATH and in the directory; the key is still checked."""
    private = host(access="ssm", public_ip="")
    conf = ssh_config.write(
        private, address=private.address, known_hosts=tmp_path, environ={"XDG_STATE_HOME": str(tmp_path)}
    )
    found = effective(conf, "gpuinfra-default")
    assert found["hostname"] == private.instance_id
    python = sys.executable
    assert found["proxycommand"] == f"{python} -P -m gpuinfra ssm-proxy --region us-east-1 %h %p"
    assert found["stricthostkeychecking"] == "true"


def test_a_long_home_has_a_shared_connection_all_the_same(tmp_path: Path) -> None:
    """Unix sockets end at 104 bytes on macOS; without one, every command would connect anew."""
    long = {"XDG_CACHE_HOME": str(tmp_path / ("x" * 120))}
    socket = ssh_config.control_path(host(), long)
    assert socket is not None
    assert len(str(socket)) <= ssh_config.SOCKET_PATH_BYTES
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700


def test_a_directory_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    """Who can open the socket is logged in."""
    (tmp_path / "gpuinfra").mkdir(mode=0o755)
    assert ssh_config.control_path(host(), {"XDG_RUNTIME_DIR": str(tmp_path)}) != (
        tmp_path / "gpuinfra" / host().instance_id
    )


@pytest.mark.parametrize("before", ["", "Host *\n  User me\n"])
def test_include_goes_first_once_and_keeps_the_rest(before: str, tmp_path: Path) -> None:
    """An Include below a Host line would only count for that host."""
    config = tmp_path / "config"
    config.write_text(before)
    env = {"XDG_STATE_HOME": str(tmp_path)}
    for _ in range(2):
        ssh_config.include(env, config)
    assert config.read_text() == f"{ssh_config.include_line(env)}\n{before}"
    assert ssh_config.is_included(env, config)


def test_two_clones_with_one_stack_name_do_not_meet(tmp_path: Path) -> None:
    """Each host has a file of its own; the alias is the last one's, and is not taken away by the first."""
    env = {"XDG_STATE_HOME": str(tmp_path)}
    first, second = (Host(**{**vars(host()), "instance_id": f"i-{n}"}) for n in (1, 2))
    for number, one in enumerate((first, second)):
        ssh_config.write(one, address=f"52.0.0.{number}", known_hosts=tmp_path / "pin", environ=env)
    owns = [effective(ssh_config.own_path(one, env), "gpuinfra-default") for one in (first, second)]
    assert [own["hostname"] for own in owns] == ["52.0.0.0", "52.0.0.1"]
    ssh_config.remove(first, env)
    assert effective(ssh_config.path("default", env), "gpuinfra-default")["hostname"] == "52.0.0.1"
    ssh_config.remove(second, env)
    assert list(tmp_path.rglob("*.conf")) == []


def test_the_address_of_a_file_is_read_back(tmp_path: Path) -> None:
    """Where the host was last; without a file, where it is recorded."""
    env = {"XDG_STATE_HOME": str(tmp_path)}
    assert ssh_config.address(host(), env) == host().public_ip
    ssh_config.write(host(), address="52.9.9.9", known_hosts=tmp_path / "pin", environ=env)
    assert ssh_config.address(host(), env) == "52.9.9.9"


def test_hosts_of_two_stacks_have_two_aliases() -> None:
    """Stacks side by side do not overwrite each other's alias."""
    names = {ssh_config.alias(h.stack) for h in (host(), Host(**{**vars(host()), "stack": "b"}))}
    assert names == {"gpuinfra-default", "gpuinfra-b"}


HOSTILE = """
Host *
  ForwardAgent yes
  ForwardX11 yes
  RemoteCommand tmux
  RequestTTY force
  ProxyJump bastion
  ProxyCommand nc %h %p
  PermitLocalCommand yes
  LocalCommand touch /tmp/x
  Port 2222
  User root
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  VerifyHostKeyDNS yes
  CanonicalizeHostname always
  PubkeyAuthentication no
  PreferredAuthentications password
  ControlMaster yes
  ControlPath /tmp/shared
  SessionType none
  StdinNull yes
  Tunnel yes
"""
CLOSED = {
    "forwardagent": "no", "forwardx11": "no", "requesttty": "auto", "permitlocalcommand": "no", "port": "22",
    "user": "ubuntu", "stricthostkeychecking": "true", "verifyhostkeydns": "false", "tunnel": "false",
    "canonicalizehostname": "false", "pubkeyauthentication": "true", "preferredauthentications": "publickey",
    "controlmaster": "false", "sessiontype": "default", "stdinnull": "no",
}  # fmt: skip


@pytest.mark.parametrize("access", ["ssh", "ssm"])
def test_nothing_of_a_hosts_star_reaches_the_alias(access: str, tmp_path: Path) -> None:
    """No agent is forwarded, nothing else runs or leads elsewhere, whatever the user set for all hosts."""
    one = host(access=access)
    text = ssh_config.render(one, address=one.address, known_hosts=tmp_path / "pins", socket=None)
    (tmp_path / "alias.conf").write_text(text)
    (tmp_path / "config").write_text(f"Include {tmp_path}/alias.conf\n{HOSTILE}")
    found = effective(tmp_path / "config", "gpuinfra-default")
    assert {name: found[name] for name in CLOSED} == CLOSED
    assert not {"remotecommand", "proxyjump"} & found.keys()
    assert found.get("proxycommand", "").endswith("%h %p") is (access == "ssm")
    assert "nc" not in found.get("proxycommand", "").split()


def test_an_agent_of_the_users_own_is_in_the_hosts_file_alone(tmp_path: Path) -> None:
    """That file is read without the user's; beside the user's own, theirs goes on counting."""
    env = {"XDG_STATE_HOME": str(tmp_path)}
    known, agent = tmp_path / "pins", "~/Library/Group Containers/agent.sock"
    stacks = ssh_config.write(host(), address="1.2.3.4", known_hosts=known, environ=env, agent=agent)
    own = effective(ssh_config.own_path(host(), env), "gpuinfra-default")
    assert own["identityagent"].endswith("/Library/Group Containers/agent.sock")
    assert "identityagent" not in effective(stacks, "gpuinfra-default")
