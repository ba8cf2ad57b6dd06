"""Each signal alone holds a real host beyond its limit; what only stays open does not."""

import base64
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.guard.guarded_host import GuardedHost
from tests.waiting import wait_until

pytestmark = pytest.mark.e2e

JUPYTER = """
import http.server, json, os, sys
class Kernels(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers.get("Authorization") == "token s3cret" and self.path == "/lab/api/kernels"
        state = open("/home/ubuntu/kernel").read().strip()
        body = json.dumps([{"id": "k", "execution_state": state, "connections": 1}] if known else {}).encode()
        self.send_response(200 if known else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words): pass
server = http.server.HTTPServer(("127.0.0.1", 8891), Kernels)
runtime = "/home/ubuntu/.local/share/jupyter/runtime"
os.makedirs(runtime, exist_ok=True)
with open(f"{runtime}/jpserver-{os.getpid()}.json", "w") as file:
    json.dump({"port": 8891, "base_url": "/lab/", "token": "s3cret", "pid": os.getpid()}, file)
server.serve_forever()
"""


@contextmanager
def gpu_load(host: GuardedHost) -> Iterator[None]:
    """The stand-in nvidia-smi reports 60 %."""
    load = host.folder / "fake-gpu/load"
    load.write_text("60")
    yield
    load.write_text("0")


@contextmanager
def unit(host: GuardedHost, name: str, command: str, *options: str) -> Iterator[None]:
    """A unit of systemd runs a command."""
    host.guest.ssh(f"sudo systemd-run --quiet --unit={name} {' '.join(options)} -- {command}")
    yield
    host.guest.try_ssh(f"sudo systemctl stop {name}")


def cpu(host: GuardedHost) -> object:
    """One core is full, however busy the machine below is: other tests' work comes after it."""
    return unit(host, "burn", "sh -c 'while :; do :; done'", "--nice=-15")


def job(host: GuardedHost) -> object:
    """A job that only waits."""
    return unit(host, "gpuinfra-job-abcd", "sleep 1000")


@contextmanager
def container(host: GuardedHost) -> Iterator[None]:
    """A container, as docker's control groups show one, that needs a fifth of a core."""
    busy = "'import time\nwhile 1:\n t = time.time() + .06\n while time.time() < t: pass\n time.sleep(.14)'"
    line = f"sudo systemd-run --quiet --scope --unit=docker-{'ab' * 32} python3 -c {busy}"
    with host.session(line, options=("-n",)):
        yield
    host.guest.try_ssh("sudo systemctl stop 'docker-*.scope'")


@contextmanager
def typing(host: GuardedHost) -> Iterator[None]:
    """Somebody types a blank now and then."""
    with host.session(options=("-tt",)) as shell:
        stop = threading.Event()

        def type_on() -> None:
            assert shell.stdin
            while not stop.wait(0.5):
                shell.stdin.write(b" ")
                shell.stdin.flush()

        typist = threading.Thread(target=type_on)
        typist.start()
        yield
        stop.set()
        typist.join()


@contextmanager
def transfer(host: GuardedHost) -> Iterator[None]:
    """Bytes come over ssh for a command without a terminal, as rsync's do."""
    with host.session("cat >/dev/null") as far:
        source = subprocess.Popen(
            ["sh", "-c", "while sleep .1; do head -c 3000 /dev/zero; done"], stdout=far.stdin
        )
        yield
        source.kill()
        source.wait()


@contextmanager
def kernel(host: GuardedHost, state: str = "busy") -> Iterator[None]:
    """A Jupyter server with one kernel."""
    text = base64.b64encode(JUPYTER.encode()).decode()
    host.guest.ssh(f"echo {state} >kernel; echo {text} | base64 -d >jupyter.py")
    with unit(host, "jupyter", "/usr/bin/python3 /home/ubuntu/jupyter.py", "--uid=ubuntu"):
        yield


HOLDS = {
    "gpu": gpu_load,
    "cpu": cpu,
    "job": job,
    "container": container,
    "terminal": typing,
    "transfer": transfer,
    "kernel": kernel,
}


@pytest.mark.parametrize("signal", HOLDS)
def test_each_signal_alone_holds_a_host_beyond_its_limit(kept_host: GuardedHost, signal: str) -> None:
    """For longer than the 20 minutes of its limit nothing ends, and this signal is named as the reason."""
    begin: Callable[[GuardedHost], object] = HOLDS[signal]
    with begin(kept_host), kept_host.limited():  # type: ignore[attr-defined]
        wait_until(lambda: signal in kept_host.busy, signal, more=lambda: kept_host.state)
        on_s = kept_host.state["state"]["on_s"]
        seen: set[str] = set()

        def has_been_long() -> bool:
            seen.update(kept_host.busy)
            assert kept_host.guest.state == "running", (signal, kept_host.state)
            return bool(kept_host.state["state"]["on_s"] - on_s > 25 * 60)

        wait_until(has_been_long, "25 minutes", poll_s=0.5)
    assert signal in seen
    wait_until(lambda: signal not in kept_host.busy, f"{signal} to end", more=lambda: kept_host.state)


def test_what_only_stays_open_does_not_hold_a_host(kept_host: GuardedHost) -> None:
    """An idle master, a silent terminal, an idle notebook, a sleeping container: the idle time goes on.

    The terminal is warned; who then types keeps the host, and is told so.
    """
    master = ("-N", "-oControlMaster=yes", "-oControlPath=/tmp/guard-%C", "-oServerAliveInterval=15")
    asleep = f"sudo systemd-run --quiet --scope --unit=docker-{'cd' * 32} sleep 1000"
    with (
        kept_host.limited(),
        kernel(kept_host, "idle"),
        kept_host.session(asleep, options=("-n",)),
        kept_host.session(options=master),
        kept_host.session(options=("-tt",)) as shell,
    ):
        assert shell.stdin
        assert shell.stdout
        wait_until(lambda: kept_host.decisions("warning"), "a warning", more=lambda: kept_host.state)
        assert kept_host.busy == set()
        shell.stdin.write(b"\n")
        shell.stdin.flush()
        wait_until(lambda: kept_host.decisions("warning withdrawn"), "to stay", more=lambda: kept_host.state)
        text = b""
        while b"stays on" not in text:
            text += shell.stdout.read1(4096)  # type: ignore[attr-defined]
        assert b"this host stops in 6 min" in text
        assert b"gpuinfra guard extend" in text
    words = kept_host.decisions("warning")[-1]
    for part in ("GPU 0 %", "CPU 0.", "no terminal for ", "no transfer", "no kernel busy", "no job"):
        assert part in words
    assert json.dumps(words).isascii()
