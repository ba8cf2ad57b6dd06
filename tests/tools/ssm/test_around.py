"""Around the proxy: the shared connection, what its failures say, the plugin, and that it is experimental."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gpuinfra.features.connect import ssm_shell
from gpuinfra.features.connect.ssm_proxy import EXPERIMENTAL
from gpuinfra.ground.errors import CloudError, ConfigError, HostError, Unreachable
from gpuinfra.ground.model import Host
from gpuinfra.tools.ssm import report
from tests.fakes.host import fake_world
from tests.samples import host
from tests.terraform import ROOT
from tests.tools.ssm.conftest import TARGET, Private, Way, be_patient
from tests.tools.ssm.fake_aws import FORBIDDEN, NOT_CONNECTED
from tests.waiting import PATIENCE_S


def told_as(way: Way, instance_id: str) -> Host:
    """Configure ssh for another instance, and return it."""
    made = host(**{**vars(way.host), "instance_id": instance_id})
    way.link.configure(made, address=made.address)
    be_patient(way.conf)
    return made


def test_every_verb_goes_through_one_session(private: Private, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Link port as for any host: the first command opens the connection, the next ones share it."""
    with private() as way:
        for name, value in way.env.items():
            monkeypatch.setenv(name, value)
        assert way.link.run(way.host, "echo one", timeout_s=PATIENCE_S) == "one\n"
        assert way.link.is_open(way.host)
        assert way.link.run(way.host, "echo two", timeout_s=PATIENCE_S) == "two\n"
        way.link.forget(way.host)
        way.wait_for("TerminateSession")
        assert way.seen()["StartSession"] == 1


def test_a_booting_host_is_waited_for_and_a_refusal_is_not(
    private: Private, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ssh hides what the proxy of a shared connection says; it is told all the same."""
    with private() as way:
        for name, value in way.env.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(Unreachable, match="not connected to Session Manager"):
            way.link.run(told_as(way, NOT_CONNECTED), "true", timeout_s=PATIENCE_S)
        with pytest.raises(CloudError, match="may not do ssm:StartSession"):
            way.link.run(told_as(way, FORBIDDEN), "true", timeout_s=PATIENCE_S)


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Kind, message and hint; a report of another run is gone."""
    env = {"XDG_STATE_HOME": str(tmp_path)}
    path = report.prepare(TARGET, env)
    report.write(HostError("No.", hint="wait"), {report.VARIABLE: str(path)})
    read = report.read(path)
    assert isinstance(read, HostError)
    assert (read.message, read.hint) == ("No.", "wait")
    assert report.read(report.prepare(TARGET, env)) is None
    report.write(HostError("No."), {})  # nobody asked


def test_the_plugin_is_used_when_asked_for(private: Private, tmp_path: Path) -> None:
    """It gets AWS's answer by its environment, not by its arguments, which everybody can see."""
    plugin = tmp_path / "session-manager-plugin"
    plugin.write_text('#!/bin/sh\nprintf "%s\\n" "$@" "$AWS_SSM_START_SESSION_RESPONSE"\n')
    plugin.chmod(0o755)
    with private() as way:
        asked = {"GPUINFRA_SSM_PLUGIN": "1", "PATH": f"{tmp_path}:{way.env['PATH']}"}
        lines = way.proxy(TARGET, **asked).stdout.splitlines()
        missing = way.proxy(TARGET, GPUINFRA_SSM_PLUGIN="1")
        assert way.seen()["StartSession"] == 1
    assert lines[:3] == ["AWS_SSM_START_SESSION_RESPONSE", "us-east-1", "StartSession"]
    assert json.loads(lines[-1])["TokenValue"] not in "".join(lines[:-1])
    assert json.loads(lines[-3])["Parameters"] == {"portNumber": ["22"]}
    assert missing.returncode == 2
    assert "session-manager-plugin is not on PATH" in missing.stderr


SHELL = """
import pathlib, sys
from gpuinfra.features.connect.ssm_shell import shell
from tests.fakes.host import fake_world
shell(fake_world(pathlib.Path(sys.argv[1])), [])
"""


def test_a_shell_of_aws_without_ssh(
    private: Private, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plugin gets a session that names no document; without it, or with a command, none is begun."""
    plugin = tmp_path / "session-manager-plugin"
    with private() as way:
        for name, value in way.env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PATH", f"{tmp_path}:{way.env['PATH']}")
        with pytest.raises(ConfigError, match="session-manager-plugin is not on PATH"):
            ssm_shell.shell(fake_world(tmp_path), [])
        with pytest.raises(ConfigError, match="takes no command"):
            ssm_shell.shell(fake_world(tmp_path), ["ls"])
        plugin.write_text('#!/bin/sh\nprintf "%s\\n" "$@" "$AWS_SSM_START_SESSION_RESPONSE"\n')
        plugin.chmod(0o755)
        argv = [sys.executable, "-c", SHELL, str(tmp_path)]
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert way.seen()["StartSession"] == 1
    lines = done.stdout.splitlines()
    assert lines[:3] == ["AWS_SSM_START_SESSION_RESPONSE", host().region, "StartSession"]
    assert json.loads(lines[-3]) == {"Target": host().instance_id}
    assert json.loads(lines[-1])["TokenValue"] not in "".join(lines[:-1])


def test_it_says_that_it_is_experimental_to_who_wants_to_know(private: Private) -> None:
    """Once, on stderr, with -v; the help says so always."""
    with private() as way:
        assert EXPERIMENTAL not in way.proxy(NOT_CONNECTED).stderr
        verbose = way.verbose_proxy(NOT_CONNECTED)
    assert verbose.stderr.count(EXPERIMENTAL) == 1
