"""`up` of a user whose hosts answer and are proven at once: the simulator has no machines behind its hosts.

Arguments: the project, and `--until-ready` or nothing. Run by test_until_ready.py as a user would. Prints the
hosts whose keys it has forgotten.
"""

import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from gpuinfra import factory
from gpuinfra.factory import host_parts, initial
from gpuinfra.features.ending.ending import PROGRAM
from gpuinfra.features.provision.up import Consent, up
from gpuinfra.ground.model import Host
from gpuinfra.ground.protocols import CommandResult
from tests.fakes.host import FakeSshClient
from tests.fakes.jobs import FakeHostClient
from tests.ground.test_boot_status import look


class EndedHost(FakeHostClient):
    """A host that has run on_stop and saved when it is asked to; all else it answers with nothing."""

    def run(self, host: Host, program: Sequence[str], **how: Any) -> CommandResult:
        """Answer as end_host.py does."""
        if tuple(program) != PROGRAM:
            return super().run(host, program, **how)
        sys.stderr.write(f"{host.instance_id} runs on_stop\n")
        reply = {"changed": False, "ran": True, "events": []}
        return CommandResult(code=0, stdout=json.dumps(reply), stderr="")


class ProvenHost(FakeSshClient):
    """A host that is pinned, lets us in and has its environment."""

    def pinned(self, host: Host) -> bool:
        """Tell that its key is known."""
        return True


def main(project: Path, *options: str) -> None:
    """Run it; what it tells goes to stderr."""
    ssh = ProvenHost(looks=[look(state="done", rc=0)], is_open=True)
    world = dataclasses.replace(
        factory.world("default", os.environ, here=project), ssh=ssh, host=EndedHost({})
    )
    make = partial(up, world, initial.init_values(os.environ), Consent(yes=True, replace=True))
    make(living=host_parts.living_host(world, yes=True), keep_old="--until-ready" in options)
    sys.stdout.writelines(f"{name}\n" for name in ssh.forgotten)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
