"""A host of the lab with the fake docker on it, and the command line that reaches it."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpuinfra.simulator.lab.lab import Lab
from tests.e2e.cli import Cli

HERE = Path(__file__).parent
HOME = "/var/tmp/fake-docker"
INFO = {"DockerRootDir": "/var/lib/docker", "Images": 0, "Containers": 0, "Runtimes": {"nvidia": {}}}

ENDPOINT = "AWS_ENDPOINT_URL_ECR=http://127.0.0.1:8999"
ECR_UNIT = """\
[Service]
ExecStart=/usr/bin/python3 /var/tmp/fake_ecr.py {}
[Install]
WantedBy=multi-user.target
"""
# A FAKE jupyter for the fake container.
JUPYTER = b"""#!/bin/sh
exec python3 -c '
import os, sys
from http.server import BaseHTTPRequestHandler as Base, HTTPServer
class Handler(Base):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"lab " + self.path.encode() + b" " + os.environ["JUPYTER_TOKEN"].encode())
port = next(word for word in sys.argv if word.startswith("--port=")).split("=")[1]
HTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()' "$@"
"""


@dataclass(frozen=True, kw_only=True)
class DockerHost(Cli):
    """The command line in an open lab with one host."""

    lab: Lab

    def put(self, path: str, data: bytes, mode: str = "644") -> None:
        """Write a file of root's on the host."""
        text = base64.b64encode(data).decode()
        line = f"echo {text} | base64 -d | sudo tee {path} >/dev/null && sudo chmod {mode} {path}"
        self.there(line)

    def install(self, *, ecr_password: str) -> None:
        """Put the fake docker there, without images, and the fake ECR that it pulls from."""
        self.there(f"sudo mkdir -p -m 777 {HOME}")
        self.put("/usr/local/bin/docker", (HERE / "fake_docker.py").read_bytes(), "755")
        self.put("/usr/local/bin/jupyter", JUPYTER, "755")
        self.put("/var/tmp/fake_ecr.py", (HERE / "fake_ecr.py").read_bytes())
        # backwards, so that no file and no command line of its own holds it
        self.put("/etc/systemd/system/fake-ecr.service", ECR_UNIT.format(ecr_password[::-1]).encode())
        self.there(
            "sudo systemctl enable --quiet --now fake-ecr; sudo ln -sf /usr/bin/python3 /usr/local/bin/python"
        )
        # where our script shall look for ECR; read when a connection is made, so that a new one is needed
        self.there(f"echo {ENDPOINT} | sudo tee -a /etc/environment")
        self.ok("ssh", "--forget-key", "--", "true")
        self.say()

    def say(self, *images: str, **info: Any) -> None:
        """Set what the fake engine says of itself, and what images it has; forget its calls."""
        self.put(f"{HOME}/info.json", json.dumps({**INFO, **info}).encode())
        self.put(f"{HOME}/images", "\n".join(images).encode(), "666")
        self.there(f"sudo rm -f {HOME}/calls.jsonl")

    def calls(self) -> list[dict[str, Any]]:
        """Return what the fake docker was told."""
        return [json.loads(line) for line in self.there(f"cat {HOME}/calls.jsonl").splitlines()]
