"""What boto3 asks of AWS for a host's console and its agent, against the simulator."""

from collections.abc import Iterator

import pytest

from gpuinfra.ground.errors import CloudError
from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.server import running
from gpuinfra.tools.aws.ec2 import Aws

NOBODY = "i-0123456789abcdef0"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A simulator for these tests."""
    with running() as started:
        yield started


@pytest.fixture
def aws(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """The adapter, pointed at the simulator."""
    simulator.reset()
    for name, value in simulator.env({}).items():
        monkeypatch.setenv(name, value)
    return Aws(region="us-east-1", sleep=lambda _: None)


def test_an_old_type_has_no_newest_console(aws: Aws, simulator: Simulator) -> None:
    """Before Nitro, Latest is refused; then the console that was posted last is taken."""
    simulator.fault(Fault(match="GetConsoleOutput", count=1, code="UnsupportedOperation"))
    with pytest.raises(CloudError, match="InvalidInstanceID"):
        aws.console(NOBODY)
    calls = simulator.calls("GetConsoleOutput")
    assert [c.params.get("Latest") for c in calls] == ["true", None]


def test_a_command_through_systems_manager(aws: Aws, simulator: Simulator) -> None:
    """It is sent as AWS documents it, and its output is what the agent printed."""
    assert aws.run(NOBODY, "cat /etc/hostname") == ""
    (sent,) = simulator.calls("SendCommand")
    assert "AWS-RunShellScript" in str(sent.params)


def test_a_refused_command_names_the_action(aws: Aws, simulator: Simulator) -> None:
    """The one thing that an administrator has to know."""
    simulator.fault(Fault(match="SendCommand", code="AccessDeniedException", message="not authorized"))
    with pytest.raises(CloudError, match="ssm:SendCommand"):
        aws.run(NOBODY, "true")
