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


@dataclass(frozen=True, kw_only=True)
class DockerHost(Cli):
    """The command line in an open lab with one host."""

    lab: Lab

    def put(self, path: str, data: bytes, mode: str = "644") -> None:
        """Write a file of root's on the host."""
        text = base64.b64encode(data).decode()
        line = f"echo {text} | base64 -d | sudo tee {path} >/dev/null && sudo chmod {mode} {path}"
        self.there(line)

    def install(self) -> None:
        """Put the fake docker there, with an engine that has no image."""
        self.there(f"sudo mkdir -p -m 777 {HOME}")
        self.put("/usr/local/bin/docker", (HERE / "fake_docker.py").read_bytes(), "755")
        self.put("/var/tmp/fake_ecr.py", (HERE / "fake_ecr.py").read_bytes())
        self.say()

    def say(self, *images: str, **info: Any) -> None:
        """Set what the fake engine says of itself, and what images it has; forget its calls."""
        self.put(f"{HOME}/info.json", json.dumps({**INFO, **info}).encode())
        self.put(f"{HOME}/images", "\n".join(images).encode(), "666")
        self.there(f"sudo rm -f {HOME}/calls.jsonl")

    def calls(self) -> list[dict[str, Any]]:
        """Return what the fake docker was told."""
        return [json.loads(line) for line in self.there(f"cat {HOME}/calls.jsonl").splitlines()]
