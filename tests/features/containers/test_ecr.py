"""What is kept of ECR's answers, and for how long; the simulator is ECR."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuinfra.features.containers.ecr import KEPT_S, EcrCatalog
from gpuinfra.ground.errors import CloudError
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.server import running


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A simulator in a process of its own."""
    with running() as started:
        yield started


@pytest.fixture
def sim(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The simulator as after a fresh start, which boto3 takes for AWS."""
    simulator.reset()
    for name, value in simulator.env(os.environ).items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return simulator


def test_asked_once_a_day(sim: Simulator, tmp_path: Path) -> None:
    """Then from the cache, unless asked to ask; a day later anew; and a damaged cache is none."""
    first = EcrCatalog("us-east-1", cache=tmp_path)("pytorch-training")
    assert len(first) == 8
    assert first[0].pushed == "2025-02-20T00:00:00+00:00"
    assert EcrCatalog("us-east-1", cache=tmp_path)("pytorch-training") == first
    assert len(sim.calls("DescribeImages")) == 1
    EcrCatalog("us-east-1", cache=tmp_path, refresh=True)("pytorch-training")
    assert len(sim.calls("DescribeImages")) == 2
    kept = tmp_path / "us-east-1" / "pytorch-training.json"
    later = kept.stat().st_mtime + KEPT_S + 1
    EcrCatalog("us-east-1", cache=tmp_path, now=lambda: later)("pytorch-training")
    assert len(sim.calls("DescribeImages")) == 3
    kept.write_text("{")
    assert EcrCatalog("us-east-1", cache=tmp_path)("pytorch-training") == first


def test_the_account_of_the_region_is_asked(sim: Simulator, tmp_path: Path) -> None:
    """In its own region; what it does not have is an empty list."""
    assert EcrCatalog("eu-south-1", cache=tmp_path)("pytorch-training")
    assert list(EcrCatalog("eu-south-1", cache=tmp_path)("djl-inference")) == []
    asked = sim.calls("DescribeImages")[0]
    assert (asked.region, asked.params["registryId"]) == ("eu-south-1", "692866216735")


def test_a_refusal_is_told_and_not_kept(sim: Simulator, tmp_path: Path) -> None:
    """Somebody who may not look at ECR reads so."""
    sim.fault(Fault(match="DescribeImages", code="AccessDeniedException", status=400, message="no"))
    with pytest.raises(CloudError, match="ecr:DescribeImages"):
        EcrCatalog("us-east-1", cache=tmp_path)("pytorch-training")
    sim.clear_faults()
    assert EcrCatalog("us-east-1", cache=tmp_path)("pytorch-training")
