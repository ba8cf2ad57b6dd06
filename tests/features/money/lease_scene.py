"""A host with a lease, for the tests: what it has cost follows from its start and a fake price list."""

import dataclasses
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gpuinfra.ground.model import Instance, Record
from gpuinfra.ground.world import World
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.prices import FakePriceList
from tests.fakes.world import RECORDED, RUNNING, SETTINGS, FakeReporter, FakeTerraform, FakeValues

HOUR_S = 3600.0
LEASE = "module.host.aws_scheduler_schedule.lease"
STOP_ID, CUT_OFF_ID = "gpuinfra-default-1/stop-1", "gpuinfra-default-1/cut-off-1"
SCHEDULES = {f'{LEASE}["stop"]': STOP_ID, f'{LEASE}["cut-off"]': CUT_OFF_ID}
# All of it at one dollar an hour, disk and address included, is easy to count with.
DISK_USD_H, ADDRESS_USD_H = 128 * 0.08 / 730, 0.005
TYPES = {"g4dn.xlarge": 1.0 - DISK_USD_H - ADDRESS_USD_H, "g5.xlarge": 2.0 - DISK_USD_H - ADDRESS_USD_H}


def now_s() -> float:
    """Return the time in whole seconds, as AWS tells it; not once for all: a whole run takes minutes."""
    return float(int(time.time()))


def iso(seconds: float) -> str:
    """Return a time as AWS tells it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def recorded(**lease: float | None) -> Record:
    """Return what Terraform recorded of a host with a lease."""
    applied = {"max_usd": None, "max_hours": None, "stopped_days": None, **lease}
    return dataclasses.replace(
        RECORDED,
        resources={**RECORDED.resources, **SCHEDULES},
        outputs={**RECORDED.outputs, "lease": applied},
    )


def running(hours: float) -> Instance:
    """Return a host that runs since so many hours."""
    began = iso(now_s() - hours * HOUR_S)
    return dataclasses.replace(RUNNING, launched=began, made=began)


def stopped(hours: float, *, for_hours: float = 0.0) -> Instance:
    """Return a host that ran for so many hours, and is stopped for some."""
    ended = now_s() - for_hours * HOUR_S
    began = ended - hours * HOUR_S
    return dataclasses.replace(
        RUNNING, state="stopped", public_ip="", launched=iso(began), made=iso(began), since=iso(ended)
    )


class Scene:
    """A world around one host with a lease."""

    def __init__(
        self,
        directory: Path,
        instance: Instance,
        *,
        ends_in_s: float | None = HOUR_S,
        types: dict[str, float] = TYPES,
        record: Record | None = None,
        settings: dict[str, Any] | None = None,
        **parts: Any,
    ) -> None:
        """ends_in_s: None: somebody has removed the schedules."""
        self.now = now_s()
        begin = self.now + (ends_in_s or 0.0)
        begins = {} if ends_in_s is None else {STOP_ID: begin, CUT_OFF_ID: begin + 600}
        self.cloud = FakeCloud(instance=instance, schedules=begins, now=self.now)
        self.prices, self.reporter = FakePriceList(types=types), FakeReporter()
        self.record = record or recorded(max_usd=20.0)
        self.values = FakeValues(dataclasses.replace(SETTINGS, **(settings or {"max_usd": 20.0})))
        self.terraform: FakeTerraform | None = parts.get("terraform")
        self.world: World = fake_world(
            directory,
            cloud=self.cloud,
            records=(self.record,),
            price_source=self.prices,
            price_cache=directory / "prices",
            reporter=self.reporter,
            values=self.values,
            **parts,
        )

    @property
    def end_in_s(self) -> float:
        """Return when AWS ends the host, in seconds from now."""
        return self.cloud.schedules[STOP_ID] - self.now
