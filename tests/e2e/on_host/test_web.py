"""Ports of a real host on this side: any server, and JupyterLab, opened by a real browser."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.e2e.on_host.interactive import ec2
from tests.e2e.on_host.project_on_host import ProjectOnHost
from tests.simulator.aws import client
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.e2e
PORT, REMOTE = 16006, 7007
PAGE = f"http://127.0.0.1:{PORT}/hostname"
BY_PYTHON = """
import urllib.request
from gpuinfra import GpuHost
host = GpuHost()
assert host.metrics()["gpus"] and host.jobs() is not None
with host.jupyter() as lab:
    print(urllib.request.urlopen(lab.url).status)
"""
CELL = "import os, sys; print('sum', 6 * 7, os.getcwd(), sys.prefix)"


def get(project_on_host: ProjectOnHost, url: str) -> str:
    """Fetch a page from where the user sits."""
    code = (
        f"import urllib.request as u; print(u.urlopen({url!r}, timeout={PATIENCE_S}).read().decode()[:500])"
    )
    return project_on_host.inside([sys.executable, "-c", code]).stdout


def move(host: ProjectOnHost) -> None:
    """Stop the host and start it: it has another address than the one that is recorded."""
    instance, before = host.ok("output", "instance_id").strip(), host.ok("ip").strip()
    client("ec2", host.lab.simulator).stop_instances(InstanceIds=[instance])
    wait_until(lambda: ec2(host, instance) == "stopped", "the host to stop")
    client("ec2", host.lab.simulator).start_instances(InstanceIds=[instance])

    def moved() -> bool:
        host.run("ssh", "--", "true")
        return before not in host.ssh_config().read_text()

    wait_until(moved, "its new address")


def test_a_port_is_carried_and_carried_again(project_on_host: ProjectOnHost) -> None:
    """A server on the host's loopback answers here, also at a new address, also after its ssh was killed."""
    move(project_on_host)
    serve = f"python3 -m http.server --bind 127.0.0.1 --directory /etc {REMOTE}"
    project_on_host.there(f"sudo systemd-run --quiet --unit=some-server {serve}")
    running = project_on_host.begin("forward", f"{PORT}:{REMOTE}")
    try:
        running.line("is port 7007 of the host")
        wait_until(lambda: "ip-" in get(project_on_host, PAGE), "the page")
        taken = project_on_host.run("forward", f"{PORT}:{REMOTE}")
        assert taken.returncode == 2
        assert f"gpuinfra forward {PORT + 1}:{REMOTE}" in taken.stderr
        bad = project_on_host.run("forward", "6006:tensorboard")
        assert (bad.returncode, "gpuinfra forward 6006:6006" in bad.stderr) == (2, True)
        running.kill_child("ssh")
        running.line("is port 7007 of the host")
        assert "ip-" in get(project_on_host, PAGE)
        assert running.interrupt() == 130
    finally:
        running.kill()
    assert get(project_on_host, PAGE) == ""


def test_a_browser_runs_a_cell_in_jupyterlab(project_on_host: ProjectOnHost) -> None:
    """Through the tunnel, in the synced project, on the environment's Python; nobody else gets in."""
    if project_on_host.no_jupyterlab:
        pytest.skip(f"pip cannot fetch jupyterlab here: {project_on_host.no_jupyterlab}")
    write_notebook(project_on_host.project / "day.ipynb")
    project_on_host.ok("sync", "up", "day.ipynb")
    running = project_on_host.begin("jupyter", "--no-open", "--json")
    try:
        running.line('"url"', stdout=True)
        running.line("connected")
        config = json.loads(project_on_host.there("cat ~/.local/state/gpuinfra/jupyter/config.json"))
        token, port = config["IdentityProvider"]["token"], config["ServerApp"]["port"]
        assert project_on_host.there("stat -c %a .local/state/gpuinfra/jupyter/config.json") == "600"
        assert token not in project_on_host.there("ps axwwe; systemctl show gpuinfra-jupyter")
        assert f"127.0.0.1:{port} " in project_on_host.there("ss -ltnH")
        assert "403" in project_on_host.there(
            f"curl -s -o /dev/null -w %{{http_code}} http://127.0.0.1:{port}/api/contents"
        )
        url = f"http://127.0.0.1:8888/lab/tree/day.ipynb?token={token}"
        if not shutil.which("chromedriver"):
            pytest.skip(
                "tunnel and token are proven; the rest needs a browser: apt-get install chromium-driver"
            )
        browser = Path(__file__).with_name("browser.py")
        seen = project_on_host.inside([sys.executable, browser, url, "sum 42", str(PATIENCE_S)])
        assert seen.returncode == 0, seen.stderr
        assert seen.stdout.split() == [
            "sum",
            "42",
            "/home/ubuntu/project",
            "/home/ubuntu/miniconda3/envs/gpu",
        ]
        assert running.interrupt() == 130
    finally:
        running.kill()
    assert project_on_host.there("systemctl is-active gpuinfra-jupyter") == "active"
    assert project_on_host.inside([sys.executable, "-c", BY_PYTHON]).stdout.endswith("200\n")
    assert json.loads(project_on_host.ok("jupyter", "--stop", "--json")) == {"stopped": True}
    assert project_on_host.there(
        "systemctl is-active gpuinfra-jupyter; ls -d .local/state/gpuinfra/jupyter 2>&1 || true"
    )
    assert "No such file" in project_on_host.there("ls .local/state/gpuinfra/jupyter 2>&1 || true")


def write_notebook(path: Path) -> None:
    """Write a notebook of one cell."""
    cell: dict[str, object] = {"cell_type": "code", "id": "one", "metadata": {}, "outputs": []}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"cells": [{**cell, "execution_count": None, "source": CELL}], "metadata": {"kernelspec": kernel}}
    path.write_text(json.dumps({**book, "nbformat": 4, "nbformat_minor": 5}))
