"""A host that says, look by look, how far an `env apply` is."""

import hashlib
import json
from pathlib import Path
from typing import Any

from gpuinfra.features.lifecycle.env_apply import AppliedEnvironment, env_apply
from gpuinfra.ground.model import Outcome
from tests.fakes.host import FakeSshClient, fake_world
from tests.fakes.jobs import FakeHostClient
from tests.fakes.world import ENVIRONMENT, RUNNING, FakeReporter, FakeStackFiles, FakeTerraform, FakeTime
from tests.ground.test_boot_status import look
from tests.samples import host

NEW, OLD = (hashlib.sha256(text).hexdigest() for text in (ENVIRONMENT, b"name: old\n"))
BEFORE = look(state="done", rc=0, made_of=OLD, gpu="NVIDIA A10G")
AFTER = look(state="done", rc=0, made_of=NEW, gpu="NVIDIA A10G", environment="gpu-2", prefix="/envs/gpu-2")
STARTED = json.dumps({"state": "started"})


def at_work(**changes: Any) -> str:
    """Return a look at a build that is at work."""
    return f"{look(**changes)}\nunit start"


def ended(**changes: Any) -> str:
    """Return a look at a build whose unit has ended."""
    return f"{look(**changes)}\nunit dead"


class Pressed(FakeTime):
    """Time in which somebody presses Ctrl-C at the first pause."""

    def sleep(self, seconds: float) -> None:
        """Be interrupted."""
        raise KeyboardInterrupt


class Scene:
    """A world whose host says these things, one after the other, and what came of it."""

    def __init__(
        self, directory: Path, *looks: str | None, answer: Any = STARTED, time: FakeTime | None = None
    ) -> None:
        self.ssh = FakeSshClient(answers_at=[RUNNING.public_ip], looks=looks)
        self.ssh.pin(host(), ["ssh-ed25519 AAAA"])
        self.files, self.reporter = FakeStackFiles(directory), FakeReporter()
        self.client, self.time = FakeHostClient(answer), time or FakeTime()
        self.terraform = FakeTerraform(Outcome(ok=True))
        self.world = fake_world(
            directory,
            ssh=self.ssh,
            files=self.files,
            reporter=self.reporter,
            host=self.client,
            time=self.time,
            terraform=self.terraform,
        )

    def apply(self) -> AppliedEnvironment:
        """Run the command."""
        return env_apply(self.world)
