"""`gpu test` on a host that has less than its type is sold with."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.gpu.benchmark import gpu_test
from gpuinfra.ground.errors import HostError
from tests import samples
from tests.fakes.host import FakeSshClient, fake_world
from tests.fakes.jobs import LIVE, FakeHostClient
from tests.fakes.world import RECORDED, RUNNING
from tests.ground.test_boot_status import look

GPU = {"index": 0, "name": "T4"}
TESTED = {"torch": "2.9", "cuda": True, "problem": ""}


@pytest.mark.parametrize(
    ("devices", "gpus", "words", "says"),
    [
        (3, 3, "no handle for GPU3", "3 of 4 GPUs answer: no handle for GPU3"),
        (0, 0, "Driver/library version mismatch", "0 of 4 GPUs answer: Driver/library version mismatch"),
        (3, 3, "", "3 of 4 GPUs answer: a g4dn.12xlarge has 4"),
        (3, 4, "", "torch sees 3 of 4 GPUs"),
        (4, 4, "", ""),
    ],
)
def test_what_is_missing_is_told(tmp_path: Path, devices: int, gpus: int, words: str, says: str) -> None:
    """The number that Terraform recorded for the type decides, and nvidia-smi's words are not dropped."""
    four = samples.host(instance_type="g4dn.12xlarge", gpu_count=4)
    record = dataclasses.replace(RECORDED, host=four)
    ssh = FakeSshClient(answers_at=[RUNNING.public_ip], looks=[look(state="done", rc=0)])
    ssh.pin(four, ["ssh-ed25519 AAAA"])
    tested: dict[str, Any] = {**TESTED, "devices": [{"name": "T4"}] * devices}
    answers = FakeHostClient(tested, {**LIVE, "gpus": [GPU] * gpus, "gpu_words": words})
    found = gpu_test(fake_world(tmp_path, records=(record,), ssh=ssh, host=answers))
    assert found.values["problem"] == says
    if says:
        with pytest.raises(HostError) as caught:
            found.refuse()
        assert caught.value.hint == "gpuinfra ssh -- sudo reboot"
