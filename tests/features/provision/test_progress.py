"""How addresses and steps of Terraform read."""

from pathlib import Path

import pytest

from gpuinfra.features.provision import progress
from gpuinfra.features.provision.resource_names import label
from gpuinfra.ground.model import Progress, Row
from tests.fakes.host import fake_world
from tests.fakes.world import FakeReporter, FakeTime

SIGN_OF_LIFE_S = 10.0  # how often Terraform tells that it still waits
HOST = "module.host.module.instance.aws_instance.this"
CREATING = Row(mark="now", text="host (EC2 instance): creating", since=0.0)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (HOST, "host (EC2 instance)"),
        (
            'module.host.module.security_group.aws_vpc_security_group_ingress_rule.ssh["1.2.3.4/32"]',
            "ingress rule 1.2.3.4/32",
        ),
        ("module.x.aws_efs_file_system.y[0]", "aws_efs_file_system 0"),
        ("something.else", "something.else"),
        ("", ""),
    ],
)
def test_label(address: str, name: str) -> None:
    """Plain words where there are some, Terraform's where not; keys stay."""
    assert label(address) == name


@pytest.mark.parametrize(
    ("step", "lines", "rows"),
    [
        (Progress(phase="start", address=HOST, action="create"), [], (CREATING,)),
        (Progress(phase="busy", address=HOST, action="create"), [], ()),
        (
            Progress(phase="done", address=HOST, action="create", resource_id="i-1"),
            ["host (EC2 instance): i-1 created"],
            (),
        ),
        (
            Progress(phase="done", address="aws_key_pair.x", action="delete", resource_id="k"),
            ["key pair: deleted"],
            (),
        ),
        (Progress(phase="failed", address=HOST), ["host (EC2 instance): failed"], ()),
        (Progress(phase="plan", address=""), [], ()),
    ],
)
def test_steps(step: Progress, lines: list[str], rows: tuple[Row, ...], tmp_path: Path) -> None:
    """What goes on is a row, what has ended a line, its id where that is of use."""
    reporter = FakeReporter()
    with progress.shown(fake_world(tmp_path, reporter=reporter), "Applying") as on_progress:
        on_progress(step)
    assert (reporter.view.lines, reporter.view.shown) == (lines, [rows])


def test_what_goes_on_counts_from_its_start(tmp_path: Path) -> None:
    """Terraform's signs of life do not begin it anew; each goes when it has ended."""
    reporter, time = FakeReporter(), FakeTime()
    with progress.shown(fake_world(tmp_path, reporter=reporter, time=time), "Applying") as on_progress:
        for phase in ("start", "busy", "busy", "done"):
            on_progress(Progress(phase=phase, address=HOST, action="create"))
            time.sleep(SIGN_OF_LIFE_S)
    assert reporter.view.shown == [(CREATING,), (CREATING,), (CREATING,), ()]
