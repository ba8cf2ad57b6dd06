"""`env apply` on the host: built beside what is in use by the bootstrap's own steps, proven, then in use."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from gpuinfra.ground.boot_status import READ_APPLY, parse_apply
from gpuinfra.host import env_apply
from tests.bootstrap.applying import (
    EDITED,
    MISSING,
    SYSTEMCTL,
    apply,
    environments,
    files_of,
    in_use,
    look,
    program,
    python,
    seen,
    send,
)
from tests.bootstrap.host import WITH_PIP, Host
from tests.bootstrap.server import Server
from tests.processes import until_test_ends
from tests.waiting import PATIENCE_S, wait_until


def test_the_new_environment_is_used_and_a_reboot_keeps_it(managed: Host, server: Server) -> None:
    """Built beside the old one, which stays whole; the next boot has nothing to do and asks nobody."""
    managed.give(environment_yml=WITH_PIP)
    assert managed.boot() == 0, managed.log
    server.reset()
    edited = WITH_PIP.replace("tinyapp", "extra").replace("==1.0", "")
    assert apply(managed, environment_yml=edited) == 0, managed.log
    assert in_use(managed) == "lab-2"
    python(managed, "lab-2", "import extra, frompip; assert frompip.VERSION == '1.1'")
    python(managed, "lab", "import tinyapp, frompip; assert frompip.VERSION == '1.0'")
    assert server.count("Miniconda") == 0
    boot = seen(managed)
    assert (boot.state, boot.environment) == ("done", "lab-2")
    assert boot.made_of == {"environment.yml": hashlib.sha256(edited.encode()).hexdigest()}
    server.reset()
    assert managed.boot() == 0, managed.log
    assert (managed.ran(), server.count(), in_use(managed)) == ([], 0, "lab-2")
    assert (managed.conf / "bootstrap.env").stat().st_mode & 0o777 == 0o600, "the nonce is in it"


def test_what_fails_is_removed_and_told_and_the_old_one_stays(ready: Host) -> None:
    """Nothing that a boot is made of has changed; the reason and the step are what the laptop reads."""
    before = files_of(ready)
    assert apply(ready, environment_yml=MISSING) != 0
    assert (in_use(ready), environments(ready), files_of(ready)) == ("lab", {"lab"}, before)
    failed = parse_apply(look(ready, READ_APPLY))
    assert (failed.state, failed.step, failed.permanent) == ("failed", "env-conda", True)
    assert "nobody-has-this" in failed.message
    assert ready.boot() == 0, ready.log
    assert ready.ran() == []
    assert apply(ready, environment_yml=EDITED) == 0, ready.log
    assert in_use(ready) == "lab-2"


def test_what_is_not_proven_is_not_used(ready: Host) -> None:
    """It can be built, and cannot be imported: the proof is that of a first boot."""
    broken = EDITED.replace("extra", "brokenimport")
    assert apply(ready, environment_yml=broken) != 0
    failed = parse_apply(look(ready, READ_APPLY))
    assert (failed.state, failed.step) == ("failed", "verify")
    assert (in_use(ready), environments(ready)) == ("lab", {"lab"})


def test_an_old_environment_stays_while_it_is_used(ready: Host) -> None:
    """The one before is kept until the next apply, and longer while a program runs in it."""
    at_work = until_test_ends(
        subprocess.Popen([str(ready.prefix / "envs/lab/bin/python"), "-c", "input()"], stdin=subprocess.PIPE)
    )
    assert apply(ready, environment_yml=EDITED) == 0, ready.log
    assert apply(ready, environment_yml=EDITED + "# 2\n") == 0, ready.log
    assert (in_use(ready), environments(ready)) == ("lab-3", {"lab", "lab-2", "lab-3"})
    at_work.communicate(b"\n", timeout=PATIENCE_S)
    assert apply(ready, environment_yml=EDITED + "# 3\n") == 0, ready.log
    assert (in_use(ready), environments(ready)) == ("lab", {"lab", "lab-3"})


def test_somebodys_own_environment_of_an_old_name_is_kept(ready: Host) -> None:
    """What was deleted by hand and made anew under the same name is not ours any more."""
    assert apply(ready, environment_yml=EDITED) == 0, ready.log
    (ready.prefix / "envs/lab").rename(ready.prefix / "envs/moved")
    (ready.prefix / "envs/lab").mkdir()
    assert apply(ready, environment_yml=EDITED + "# 2\n") == 0, ready.log
    assert environments(ready) == {"lab", "moved", "lab-2", "lab-3"}


def test_the_startup_script_runs_once_in_a_hosts_life(ready: Host) -> None:
    """requirements.txt is of the environment; the script is not, and a reboot does not run it either."""
    script = "touch ~/started\n"
    assert apply(ready, requirements_txt="frompip==1.1\n", startup_script=script) == 0, ready.log
    python(ready, "lab-2", "import frompip; assert frompip.VERSION == '1.1'")
    assert ready.boot() == 0, ready.log
    assert not (ready.home / "started").exists()
    assert seen(ready).made_of.keys() == {"environment.yml", "requirements.txt"}
    assert apply(ready, environment_yml=EDITED) == 0, ready.log
    assert not (ready.conf / "requirements.txt").exists(), "what is gone here goes there"


def test_other_files_cure_a_host_whose_first_environment_failed(host: Host) -> None:
    """Conda is there; the host is ready afterwards, and the script that had not run has."""
    host.command("systemctl", SYSTEMCTL)
    host.command("systemd-run", "true")
    host.give(environment_yml=MISSING, startup_script="touch ~/started\n")
    assert host.boot() != 0
    assert apply(host, environment_yml=EDITED, startup_script="touch ~/started\n") == 0, host.log
    assert (host.status["state"], in_use(host)) == ("done", "lab")
    assert (host.home / "started").exists()


@pytest.fixture
def bare(host: Host) -> Host:
    """A host that never booted: enough to be sent something."""
    host.command("systemctl", SYSTEMCTL)
    (host.state / "steps").mkdir(parents=True)
    return host


def test_what_arrives_damaged_is_not_unpacked(bare: Host) -> None:
    """Its hash came with the command."""
    answer, _ = program(bare, "start", "0" * 64).communicate("{}", timeout=PATIENCE_S)
    assert json.loads(answer) == {"state": "damaged"}
    assert not (bare.state / "apply").exists()


def test_systemd_is_asked_for_a_unit_that_no_session_ends(bare: Host) -> None:
    """What systemd-run says when it cannot is passed on."""
    bare.command("systemd-run", 'echo "$*" >>"$0.ran"')
    assert send(bare, environment_yml=EDITED) == "started"
    argv = (bare.root / "bin/systemd-run.ran").read_text().split()
    assert {"--unit=gpuinfra-env-apply.service", "--no-block", "--property=Type=oneshot"} <= set(argv)
    assert argv[-1] == "build"
    assert Path(argv[-2]) == bare.state / "apply/env_apply.py"
    bare.command("systemd-run", "echo no bus >&2; exit 1")
    assert send(bare, environment_yml=EDITED) == "not started: no bus"


@pytest.mark.parametrize("how", ["by its path", "in its environment"])
def test_what_uses_an_environment_is_seen(how: str, tmp_path: Path) -> None:
    """Its own Python, or anything that was started in it, as jobs are."""
    prefix = tmp_path / "envs/lab"
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin/python").symlink_to(sys.executable)
    own = how == "by its path"
    argv = [str(prefix / "bin/python"), "-c", "input()"] if own else ["cat"]
    env = {} if own else {"CONDA_PREFIX": str(prefix), "PATH": "/usr/bin:/bin"}
    assert not env_apply.is_used(str(prefix))
    process = until_test_ends(subprocess.Popen(argv, env=env, stdin=subprocess.PIPE))
    wait_until(lambda: env_apply.is_used(str(prefix)), "it to be seen")
    assert not env_apply.is_used(f"{prefix}-2")
    process.communicate(b"\n", timeout=PATIENCE_S)
    assert not env_apply.is_used(str(prefix))
