"""Signals that need nothing but the system: terminals, counters, units."""

import os
from pathlib import Path

import pytest

from gpuinfra.host.guard.signals import GrowthRate, Terminals, units


def test_only_what_is_typed_makes_a_terminal_busy(tmp_path: Path) -> None:
    """Times are compared with each other: a clock that is hours off changes nothing."""
    pty = tmp_path / "0"
    pty.touch()
    terminals = Terminals(f"{tmp_path}/[0-9]*")
    assert terminals().busy is False
    os.utime(pty, (5.0, 99.0))
    assert terminals().busy is True
    assert terminals().busy is False
    os.utime(pty, (5.0, 200.0))
    assert terminals().busy is False
    (tmp_path / "1").touch()
    assert terminals().busy is True


def test_a_counter_that_is_reset_is_not_busy() -> None:
    """As a container that ends takes its CPU time with it."""
    numbers = iter([100.0, 0.0, 1e9])
    rate = GrowthRate(lambda: next(numbers), 1.0, "{:.0f}")
    assert rate().busy is False
    assert rate().busy is True


def test_units_are_those_with_processes(tmp_path: Path) -> None:
    """Jobs, and the bootstrap; a system without control groups cannot be read, which is not idle."""
    for name in (
        "gpuinfra-job-abcd.service",
        "gpuinfra-bootstrap.service",
        "gpuinfra-guard.service",
        "ssh.service",
    ):
        (tmp_path / name).mkdir()
    assert units(str(tmp_path)) == ["bootstrap", "job-abcd"]
    with pytest.raises(OSError, match="No such file"):
        units(str(tmp_path / "none"))
