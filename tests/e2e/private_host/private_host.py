"""A user's project beside a private host."""

import json
import signal
import subprocess
import sys
from dataclasses import dataclass

from gpuinfra.simulator.lab.lab import Lab
from tests.e2e.cli import Cli
from tests.processes import signal_inside
from tests.waiting import PATIENCE_S

# Connections are begun without waiting, all ports at once by 8,000: where a firewall drops them none ends; a
# host without one answers each within milliseconds, by yes or no.
SCAN = """
import select, socket, sys, time
found, poll = [], select.poll()
end = int(sys.argv[2]) + 1
for first in range(1, end, 8000):
    tried = {}
    for port in range(first, min(first + 8000, end)):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex((sys.argv[1], port))
        tried[one.fileno()] = one, port
        poll.register(one, select.POLLOUT)
    until = time.monotonic() + 0.5
    while (left := until - time.monotonic()) > 0:
        for number, _ in poll.poll(left * 1000):
            one, port = tried[number]
            poll.unregister(one)
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                found.append(port)
    for number, (one, _) in tried.items():
        one.close()
    poll = select.poll()
print(found)
"""


@dataclass(frozen=True, kw_only=True)
class PrivateHost(Cli):
    """The command line in a lab whose Session Manager is the fake."""

    lab: Lab

    def inside(self, *argv: str) -> "subprocess.CompletedProcess[str]":
        """Run any program inside the lab, as the user would."""
        return self.lab.run(argv, env=self.env, cwd=self.project)

    def python(self, code: str) -> "subprocess.CompletedProcess[str]":
        """Run Python inside the lab, as the user would."""
        return self.inside(sys.executable, "-c", code)

    def open_ports(self, address: str, last: int = 65535) -> list[int]:
        """Scan TCP ports of an address from outside of the hosts: those that let a connection begin."""
        return list(json.loads(self.inside(sys.executable, "-c", SCAN, address, str(last)).stdout))

    def sessions(self) -> dict[str, int]:
        """Return what the fake Session Manager has seen."""
        url = self.env["AWS_ENDPOINT_URL_SSM"]
        done = self.python(f"import urllib.request as u; print(u.urlopen({url!r}).read().decode())")
        return dict(json.loads(done.stdout))


def interrupt(process: "subprocess.Popen[str]") -> int:
    """Press Ctrl-C on what was started inside, wait, and return its exit code."""
    signal_inside(process, signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)
    return process.returncode
