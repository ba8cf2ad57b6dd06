"""The way through: from nothing to a verified environment, and what a second run costs."""

import ensurepip
import json
import subprocess
from pathlib import Path

from tests.bootstrap.host import ENVIRONMENT, STEPS, WITH_PIP, Host
from tests.bootstrap.server import Server


def test_a_fresh_host_gets_its_environment(host: Host) -> None:
    """All steps in order; the packages of conda and of pip are there; the status says so."""
    host.give(environment_yml=WITH_PIP)
    assert host.boot() == 0, host.log
    status = host.status
    assert (status["state"], status["step"], status["rc"]) == ("done", "done", 0)
    assert (status["index"], status["total"], status["steps"]) == (12, 12, STEPS)
    assert list(status["steps_ms"]) == STEPS == host.ran()
    assert (status["environment"], status["prefix"]) == ("lab", f"{host.prefix}/envs/lab")
    assert status["gpu"] == "cpu"
    assert (
        host.python("import tinyapp, tinylib, frompip; print(tinylib.VERSION, frompip.VERSION)") == "1.1 1.0"
    )


def test_the_status_tells_what_was_verified(host: Host) -> None:
    """What was imported, and exactly what is installed, with hashes, ready to be a lock."""
    host.give(environment_yml=WITH_PIP)
    assert host.boot() == 0, host.log
    assert json.loads((host.state / "verify.json").read_text())["imports"] == {
        "tinyapp": "2.0",
        "pip": ensurepip.version(),
        "frompip": "1.0",
    }
    explicit = (host.state / "env.explicit.txt").read_text().splitlines()
    assert "@EXPLICIT" in explicit
    assert all(len(line.split("#")[1]) == 64 for line in explicit if line.startswith("http"))


def test_a_second_run_does_nothing_and_asks_nobody(host: Host, server: Server) -> None:
    """Every step is skipped; no request leaves the host."""
    assert host.boot() == 0, host.log
    first = host.status["steps_ms"]
    server.reset()
    assert host.boot() == 0, host.log
    assert (host.ran(), server.count()) == ([], 0)
    assert (host.status["state"], host.status["attempt"]) == ("done", 2)
    assert host.status["steps_ms"] == first


def test_conda_has_no_defaults_channel(host: Host) -> None:
    """The channels of conda are conda-forge alone, so no terms of service stop it."""
    assert host.boot() == 0, host.log
    condarc = (host.prefix / ".condarc").read_text()
    assert "channels:\n  - conda-forge\n" in condarc
    assert "defaults" not in condarc


def test_every_kind_of_shell_finds_conda(host: Host) -> None:
    """`ssh host conda` by the link; login shells and editors' terminals by the profile."""
    assert host.boot() == 0, host.log
    link = host.root / "usr/local/bin/conda"
    done = subprocess.run([link, "--version"], check=True, capture_output=True, text=True)
    assert "standin" in done.stdout
    profile = host.root / "etc/profile.d/gpuinfra.sh"
    assert str(profile) in (host.home / ".bashrc").read_text()
    for shell in ("bash", "sh"):
        seen = subprocess.run(
            [shell, "-c", f'. "{profile}"; python -c "import tinyapp, sys; print(sys.prefix)"'],
            check=True,
            capture_output=True,
            text=True,
        )
        assert seen.stdout.strip() == f"{host.prefix}/envs/lab"


def test_the_bashrc_is_extended_once(host: Host) -> None:
    """A step that runs again does not write its line again; the user's lines stay."""
    (host.home / ".bashrc").write_text("alias ll='ls -l'\n")
    assert host.boot() == 0, host.log
    (host.state / "steps/shell").unlink()
    assert host.boot() == 0, host.log
    assert host.ran() == ["shell"]
    lines = (host.home / ".bashrc").read_text().splitlines()
    assert len(lines) == 2
    assert lines[0] == "alias ll='ls -l'"


def test_an_edited_environment_rebuilds_only_the_environment(host: Host, server: Server) -> None:
    """Conda stays; the environment's steps run again, and no installer is fetched."""
    assert host.boot() == 0, host.log
    server.reset()
    host.give(environment_yml="name: lab\ndependencies: [python, pip, extra, pip: [frompip]]\n")
    assert host.boot() == 0, host.log
    assert host.ran() == ["preflight", "env-conda", "env-pip", "verify", "requirements"]
    assert server.count("Miniconda") == 0
    assert host.python("import extra, frompip; print(frompip.VERSION)") == "1.1"


def test_a_lock_is_installed_without_a_solve(host: Host, server: Server, tmp_path: Path) -> None:
    """With a lock the host asks for packages only, never for the channel's index."""
    assert host.boot() == 0, host.log
    lock = (host.state / "env.explicit.txt").read_text()
    other = Host(root=tmp_path / "other", server=server, installer=host.installer)
    other.root.mkdir()
    other.give(environment_yml=ENVIRONMENT + "variables: {MODE: 'on'}\n", lock=lock)
    server.reset()
    assert other.boot() == 0, other.log
    assert server.count("repodata") == 0
    assert (other.state / "env.explicit.txt").read_text() == lock
    state = (other.prefix / "envs/lab/conda-meta/state").read_text()
    assert json.loads(state)["env_vars"] == {"MODE": "on"}


def test_requirements_and_startup_come_last(host: Host) -> None:
    """Both run in the activated environment, as the login user, the script once only."""
    startup = (
        "#!/bin/bash\nset -eu\npython -c 'import frompip, tinyapp'\necho ran $PWD $MODE >>~/startup.txt\n"
        "conda activate base && conda activate lab\n"
    )
    yml = WITH_PIP + "variables: {MODE: 'on'}\n"
    host.give(environment_yml=yml, requirements_txt="frompip==1.1\n", startup_script=startup)
    assert host.boot() == 0, host.log
    assert host.python("import frompip; print(frompip.VERSION)") == "1.1"
    assert host.boot() == 0, host.log
    assert (host.home / "startup.txt").read_text() == f"ran {host.home} on\n"


def test_a_pip_section_may_name_the_requirements_file(host: Host) -> None:
    """`-r requirements.txt` means the file that came along."""
    host.give(
        environment_yml="name: lab\ndependencies: [python, {pip: [-r requirements.txt]}]\n",
        requirements_txt="frompip==1.0\n",
    )
    assert host.boot() == 0, host.log
    assert host.python("import frompip; print(frompip.VERSION)") == "1.0"
