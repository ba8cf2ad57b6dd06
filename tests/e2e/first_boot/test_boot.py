"""The boot timeline: each step with its seconds, ready only when proven, and how it ends otherwise."""

import gzip
import ipaddress
import re
import shlex
from pathlib import Path

import pytest

from gpuinfra.features.boot import cloud_init, progress
from tests.cloud_init.userdata import TEMPLATES, full_context
from tests.e2e.cli import refused
from tests.e2e.first_boot.conftest import BothStacks
from tests.e2e.first_boot.lab_stack import LabStack, read_until
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.e2e

SLOW_START = """
set -e
mkdir -p /etc/systemd/system/gpuinfra-bootstrap.service.d
printf '[Service]\\nRestartSec=2\\n' > /etc/systemd/system/gpuinfra-bootstrap.service.d/soon.conf
echo 'while [ ! -e /tmp/go-on ]; do sleep 0.1; done' > /etc/gpuinfra/startup
systemctl daemon-reload
systemctl restart --no-block gpuinfra-bootstrap
"""


def test_up_ends_with_the_proof_and_the_address_alone(both: BothStacks) -> None:
    """Every step is told with its seconds, then that it is ready; stdout is the address, for scripts."""
    assert both.up.returncode == 0, both.up.stderr
    assert both.up.stdout == f"{both.good.recorded['public_ip']}\n"
    assert ipaddress.ip_address(both.up.stdout.strip())
    always = {
        step: name for step, name in progress.STEP_NAMES.items() if step != "lock"
    }  # only of a long lock
    for name in always.values():
        assert re.search(rf"\d s  {re.escape(name)}  \d+\.\d s\n", both.up.stderr), name
    timeline, after = both.up.stderr.split("ready: the environment 'gpu' is proven (Tesla T4 (simulated)")
    assert "prove the environment" in timeline
    assert "next: gpuinfra ssh" in after


def test_another_machine_looks_later(good: LabStack, tmp_path: Path) -> None:
    """It reads the key from AWS for itself, and needs nothing but the clone with its state."""
    there = good.elsewhere(tmp_path)
    done = there.run("status", "--watch")
    assert done.returncode == 0, done.stderr
    assert "ready: the environment 'gpu' is proven" in done.stderr
    assert f"host       {good.id}\n" in done.stdout
    assert there.pin.read_text() == good.pin.read_text()


def test_the_hosts_cloud_init_accepts_the_user_data(good: LabStack) -> None:
    """The real `cloud-init schema` finds no fault in a file that has all that ours can have."""
    data = gzip.decompress(cloud_init.render(full_context(), templates=TEMPLATES))
    done = good.pipe(data, "cat > /tmp/all.yaml; sudo cloud-init schema --config-file /tmp/all.yaml 2>&1")
    assert done.returncode == 0, done.stdout.decode()
    assert b"Valid" in done.stdout


def test_ctrl_c_leaves_the_host_to_itself(both: BothStacks) -> None:
    """The user gets no address for what is not ready, but the way to look again."""
    refused(
        both.stopped,
        130,
        "stopped watching; the host goes on by itself",
        "gpuinfra status --watch --stack bad",
    )
    assert both.bad.run("status", "--json").returncode == 0


def test_a_failure_for_good_is_explained(both: BothStacks) -> None:
    """The step, its exit code, the end of its log, the next commands; later too, and to who comes by ssh."""
    bad = both.bad
    done = bad.run("status", "--watch")
    refused(done, 5, "failed in the step 'env-conda' (exit code 1, attempt 1)", "nobody-has-this")
    cure = "gpuinfra logs --stack bad; after an edit of environment.yml: gpuinfra env apply --stack bad"
    assert f"next: {cure}; it costs money until gpuinfra down --stack bad" in done.stderr
    came = bad.ssh("true")
    assert came.returncode == 0
    assert "its bootstrap failed in the step 'env-conda': gpuinfra logs --stack bad" in came.stderr
    assert "[env-conda] FAILED" in bad.cli.ok("logs")


def test_logs(good: LabStack) -> None:
    """The bootstrap's whole log from the host; the console from AWS."""
    whole = good.cli.ok("logs")
    assert "===== attempt 1," in whole
    assert "[done] ready after" in whole
    assert good.cli.json("logs")["log"] == whole
    assert "BEGIN GPUINFRA HOST KEYS" in good.cli.ok("logs", "--console")


def test_a_killed_bootstrap_is_told_and_goes_on(good: LabStack) -> None:
    """After kill -9 the status file still says "running"; the user is told the truth, and then the end."""
    good.on_host(f"sudo sh -c {shlex.quote(SLOW_START)}")
    wait_until(lambda: '"step":"startup"' in good.on_host("cat /var/lib/gpuinfra/status.json"), "the step")
    assert "the host still sets itself up: gpuinfra status --watch" in good.run("ssh", "true").stderr
    watcher = good.cli.start("status", "--watch")
    seen = read_until(watcher, "startup script  (attempt 2) ...")
    good.on_host("sudo systemctl kill -s KILL --kill-whom=main gpuinfra-bootstrap")
    seen += read_until(watcher, "startup script  (attempt 2): interrupted; the host goes on by itself")
    seen += read_until(watcher, "startup script  (attempt 3) ...")
    good.on_host("touch /tmp/go-on")
    _, err = watcher.communicate(timeout=PATIENCE_S)
    assert watcher.returncode == 0, seen + err
    assert "ready: the environment 'gpu' is proven" in err
