"""What the host does now: one function per command, as in commands.py."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gpuinfra import factory
from gpuinfra.cli.commands_jobs import host_jobs
from gpuinfra.ground.errors import HostError

if TYPE_CHECKING:
    from gpuinfra.ground.model import Status


def gpu_test(stack: str) -> dict[str, object]:
    """Check and measure the GPUs."""
    from gpuinfra.features.gpu.metrics import gpu_test as action

    return action(factory.world(stack, os.environ), host_jobs())


def gpu_text(found: dict[str, object]) -> str:
    """Return the GPU check as lines."""
    from gpuinfra.features.gpu import metrics_text

    return metrics_text.test_text(found)


def refuse(found: dict[str, object]) -> None:
    """Raise what is wrong with the GPUs, if anything."""
    if found["problem"]:
        raise HostError(str(found["problem"]))


def with_live(stack: str, status: Status, *, asked: bool) -> dict[str, object]:
    """Return a status as plain values with what the host does now; None unless asked for or quickly had."""
    import dataclasses

    from gpuinfra.features.gpu import metrics

    world, plain_status = factory.world(stack, os.environ), dataclasses.asdict(status)
    if asked:
        return {**plain_status, "live": metrics.live(world, host_jobs())}
    runs = status.host and status.instance and status.instance.state == "running"
    seen = metrics.peek(world, host_jobs(), status.host) if status.host and runs else None
    return {**plain_status, "live": seen}


def live_text(text: str, found: dict[str, object]) -> str:
    """Return the text of a status with what the host does now."""
    from gpuinfra.features.gpu import metrics_text

    metrics = found["live"]
    rows = metrics_text.rows(metrics) if isinstance(metrics, dict) else []
    return "\n".join([text, *(f"{name:<10} {value}" for name, value in rows)])
