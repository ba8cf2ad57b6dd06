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
CELL = "import os, sys; print('sum', 6 * 7, os.getcwd(), sys.prefix)"


def get(desk: ProjectOnHost, url: str) -> str:
    """Fetch a page from where the user sits."""
    code = (
        f"import urllib.request as u; print(u.urlopen({url!r}, timeout={PATIENCE_S}).read().decode()[:500])"
    )
    return desk.inside([sys.executable, "-c", code]).stdout


def move(desk: ProjectOnHost) -> None:
    """Stop the host and start it: it has another address than the one that is recorded."""
    instance, before = desk.ok("output", "instance_id").strip(), desk.ok("ip").strip()
    client("ec2", desk.lab.simulator).stop_instances(InstanceIds=[instance])
    wait_until(lambda: ec2(desk, instance) == "stopped", "the host to stop")
    client("ec2", desk.lab.simulator).start_instances(InstanceIds=[instance])

    def moved() -> bool:
        desk.run("ssh", "--", "true")
        return before not in desk.ssh_config().read_text()

    wait_until(moved, "its new address")


def test_a_port_is_carried_and_carried_again(desk: ProjectOnHost) -> None:
    """A server on the host's loopback answers here, also at a new address, also after its ssh was killed."""
    move(desk)
    serve = f"python3 -m http.server --bind 127.0.0.1 --directory /etc {REMOTE}"
    desk.there(f"sudo systemd-run --quiet --unit=some-server {serve}")
    running = desk.begin("forward", f"{PORT}:{REMOTE}")
    try:
        running.line("is port 7007 of the host")
        wait_until(lambda: "ip-" in get(desk, PAGE), "the page")
        taken = desk.run("forward", f"{PORT}:{REMOTE}")
        assert taken.returncode == 2
        assert f"gpuinfra forward {PORT + 1}:{REMOTE}" in taken.stderr
        bad = desk.run("forward", "6006:tensorboard")
        assert (bad.returncode, "gpuinfra forward 6006:6006" in bad.stderr) == (2, True)
        running.kill_child("ssh")
        running.line("is port 7007 of the host")
        assert "ip-" in get(desk, PAGE)
        assert running.interrupt() == 130
    finally:
        running.kill()
    assert get(desk, PAGE) == ""


def test_a_browser_runs_a_cell_in_jupyterlab(desk: ProjectOnHost) -> None:
    """Through the tunnel, in the synced project, on the environment's Python; nobody else gets in."""
    if desk.no_jupyterlab:
        pytest.skip(f"pip cannot fetch jupyterlab here: {desk.no_jupyterlab}")
    write_notebook(desk.project / "day.ipynb")
    desk.ok("sync", "up", "day.ipynb")
    running = desk.begin("jupyter", "--no-open", "--json")
    try:
        running.line('"url"', stdout=True)
        running.line("connected")
        config = json.loads(desk.there("cat ~/.local/state/gpuinfra/jupyter/config.json"))
        token, port = config["IdentityProvider"]["token"], config["ServerApp"]["port"]
        assert desk.there("stat -c %a .local/state/gpuinfra/jupyter/config.json") == "600"
        assert token not in desk.there("ps axwwe; systemctl show gpuinfra-jupyter")
        assert f"127.0.0.1:{port} " in desk.there("ss -ltnH")
        assert "403" in desk.there(
            f"curl -s -o /dev/null -w %{{http_code}} http://127.0.0.1:{port}/api/contents"
        )
        url = f"http://127.0.0.1:8888/lab/tree/day.ipynb?token={token}"
        if not shutil.which("chromedriver"):
            pytest.skip(
                "tunnel and token are proven; the rest needs a browser: apt-get install chromium-driver"
            )
        browser = Path(__file__).with_name("browser.py")
        seen = desk.inside([sys.executable, browser, url, "sum 42", str(PATIENCE_S)])
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
    assert desk.there("systemctl is-active gpuinfra-jupyter") == "active"
    assert json.loads(desk.ok("jupyter", "--stop", "--json")) == {"stopped": True}
    assert desk.there(
        "systemctl is-active gpuinfra-jupyter; ls -d .local/state/gpuinfra/jupyter 2>&1 || true"
    )
    assert "No such file" in desk.there("ls .local/state/gpuinfra/jupyter 2>&1 || true")


def write_notebook(path: Path) -> None:
    """Write a notebook of one cell."""
    cell: dict[str, object] = {"cell_type": "code", "id": "one", "metadata": {}, "outputs": []}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"cells": [{**cell, "execution_count": None, "source": CELL}], "metadata": {"kernelspec": kernel}}
    path.write_text(json.dumps({**book, "nbformat": 4, "nbformat_minor": 5}))
