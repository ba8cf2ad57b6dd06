"""Metadata by HTTP: one token for many questions, a new one when it is refused; none is no silence."""

import json
import threading
from collections.abc import Iterator

import pytest

from gpuinfra.host.guard.metadata import Metadata
from gpuinfra.simulator.lab.network.imds import MetadataServer, MetadataService
from gpuinfra.simulator.machine import Machine
from tests.simulator.lab.machines import ADDRESS, machine


class Served:
    """The service of the lab, the machine that it tells of, and its clock."""

    def __init__(self) -> None:
        self.machine: Machine | None = machine(spot=True)
        self.clock = 0.0
        service = MetadataService(
            machine_at=lambda _: self.machine, extra_of=lambda _: {}, now=lambda: self.clock
        )
        self.server = MetadataServer((ADDRESS, 0), service)
        self.address = f"{ADDRESS}:{self.server.server_port}"


@pytest.fixture
def served() -> Iterator[Served]:
    """A metadata service on loopback."""
    made = Served()
    with made.server as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield made
        server.shutdown()


def test_what_is_there_and_what_is_not(served: Served) -> None:
    """A 404 is an answer."""
    metadata = Metadata(served.address)
    assert metadata.get("instance-life-cycle") == "spot"
    assert metadata.get("spot/instance-action") == ""


def test_notices_are_served(served: Served) -> None:
    """As the account gives them to the machine."""
    at = "2026-11-23T06:30:00Z"
    notices = {"spot-action": {"action": "terminate", "time": at}, "rebalance": {"noticeTime": at}}
    served.machine = machine(spot=True, notices=notices)
    metadata = Metadata(served.address)
    assert json.loads(metadata.get("spot/instance-action")) == {"action": "terminate", "time": at}
    assert json.loads(metadata.get("events/recommendations/rebalance")) == {"noticeTime": at}


def test_one_that_hangs_is_silent(served: Served) -> None:
    """No 404 comes, which would say that there is no notice."""
    served.machine = machine(spot=True, metadata_silent=True)
    with pytest.raises(TimeoutError):
        Metadata(served.address).get("spot/instance-action")


def test_a_token_that_has_ended_is_renewed(served: Served) -> None:
    """By the service's clock, whatever ours says."""
    metadata = Metadata(served.address, now=lambda: 0.0)
    assert metadata.get("instance-life-cycle")
    served.clock = 30000.0
    assert metadata.get("instance-life-cycle") == "spot"


def test_one_that_gives_no_token_is_silent(served: Served) -> None:
    """Nothing is known then: it is no answer of "no notice"."""
    served.machine = machine(http_endpoint="disabled")
    with pytest.raises(OSError, match="no token"):
        Metadata(served.address).get("spot/instance-action")


def test_one_that_cannot_be_reached_is_silent() -> None:
    """Nobody listens there."""
    with pytest.raises(OSError, match="refused"):
        Metadata(f"{ADDRESS}:9").get("spot/instance-action")
