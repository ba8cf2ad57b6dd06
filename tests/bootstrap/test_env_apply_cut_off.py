"""`env apply` killed, cut off in its last step, or met by another: the host is never without a whole one."""

import signal
import subprocess

from gpuinfra.ground.boot_status import READ_APPLY, parse_apply
from tests.bootstrap.applying import (
    EDITED,
    MISSING,
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
from tests.bootstrap.host import Host
from tests.bootstrap.server import Server
from tests.bootstrap.test_interrupted import stop
from tests.waiting import PATIENCE_S, wait_until


def begin(host: Host, server: Server) -> "subprocess.Popen[str]":
    """Begin a build that waits for a package."""
    server.hold("extra")
    assert send(host, environment_yml=EDITED) == "started"
    process = program(host, "build")
    wait_until(lambda: server.count("extra") > 0, "the download", more=lambda: host.log)
    return process


def test_killed_while_it_builds_it_has_changed_nothing(ready: Host, server: Server) -> None:
    """kill -9, then a reboot: the old one is whole and in use; a second apply clears up and ends well."""
    before = files_of(ready)
    stop(begin(ready, server), signal.SIGKILL)
    server.reset()
    assert files_of(ready) == before
    assert parse_apply(look(ready, READ_APPLY)).state == "interrupted"
    assert ready.boot() == 0, ready.log
    assert (ready.ran(), in_use(ready)) == ([], "lab")
    python(ready, "lab", "import tinyapp")
    assert apply(ready, environment_yml=EDITED) == 0, ready.log
    assert (in_use(ready), environments(ready)) == ("lab-2", {"lab", "lab-2"})


def cut_off(host: Host) -> None:
    """Leave a host as it is when the power goes right after the proof: half of the files are in place."""
    kept = {path: path.read_bytes() for path in (host.state / "steps").iterdir()}
    status = (host.state / "status.json").read_bytes()
    profile = host.root / "etc/profile.d/gpuinfra.sh"
    told = profile.read_bytes()
    assert apply(host, environment_yml=EDITED) == 0, host.log
    for path, data in kept.items():
        path.write_bytes(data)
    (host.state / "status.json").write_bytes(status)
    profile.write_bytes(told)
    (host.state / "apply/proven").write_text(str(host.prefix / "envs/lab-2"))


def test_cut_off_after_the_proof_a_boot_ends_it(ready: Host) -> None:
    """The bootstrap's unit has what does that first; then there is nothing left to build."""
    cut_off(ready)
    assert (in_use(ready), seen(ready).made_of) == ("lab", {}), "of which files it is made is not known"
    drop_in = (ready.root / "etc/systemd/system/gpuinfra-bootstrap.service.d/env-apply.conf").read_text()
    line = drop_in.split("ExecStartPre=")[1]
    env = {**ready.environment(), "GPUINFRA_ROOT": str(ready.root)}
    subprocess.run(["sh", "-c", line], env=env, check=True)
    assert ready.boot() == 0, ready.log
    assert (ready.ran(), in_use(ready)) == (["shell"], "lab-2")
    subprocess.run(["sh", "-c", line], env=env, check=True)


def test_cut_off_after_the_proof_another_apply_ends_it(ready: Host) -> None:
    """With the same files nothing is built again."""
    cut_off(ready)
    assert send(ready, environment_yml=EDITED) == "current"
    assert in_use(ready) == "lab-2"
    assert seen(ready).made_of


def test_one_that_comes_late_builds_nothing(ready: Host) -> None:
    """What a laptop that was killed has sent may arrive after the next one's has been built."""
    assert apply(ready, environment_yml=EDITED) == 0
    assert send(ready, environment_yml=EDITED) == "current"


def test_two_at_once_are_one(ready: Host, server: Server) -> None:
    """Other files are refused while a build is at work; the same ones are told that it is."""
    process = begin(ready, server)
    (ready.root / "bin/systemctl.apply").write_text("start\n")
    assert send(ready, environment_yml=MISSING) == "busy"
    assert send(ready, environment_yml=EDITED) == "running"
    assert parse_apply(look(ready, READ_APPLY)).state == "running"
    server.reset()
    process.communicate(timeout=PATIENCE_S)
    (ready.root / "bin/systemctl.apply").unlink()
    assert in_use(ready) == "lab-2"


def test_a_bootstrap_at_work_is_not_met(ready: Host, server: Server) -> None:
    """They share a lock."""
    (ready.state / "steps/verify").unlink()
    ready.command("sync", "exec sleep 600")
    process = ready.start()
    wait_until(lambda: ready.status["step"] == "verify", "the step")
    assert send(ready, environment_yml=EDITED) == "busy"
    stop(process, signal.SIGKILL)
