"""jupyter: what the host's half answers, as words."""

import json
from pathlib import Path

import pytest

from gpuinfra.features.web import jupyter as actions
from gpuinfra.ground.errors import ConfigError, GpuInfraError, HostError, Unreachable
from gpuinfra.ground.model import Host
from tests.fakes.host import fake_world
from tests.fakes.jobs import FakeHostClient
from tests.features.sync.test_sync import reachable


def saying(text: str | None) -> FakeHostClient:
    """A host that says this."""
    return FakeHostClient(Unreachable("no answer") if text is None else text)


def test_a_running_one_is_taken(tmp_path: Path) -> None:
    """Its port and its token make the URL, with the local port."""
    host = saying(
        'motd\n{"state": "running", "started": false, "port": 40001, "token": "0123456789abcdef"}\n'
    )
    lab = actions.start(fake_world(tmp_path, ssh=reachable(), host=host))
    assert actions.url(lab, 8889) == "http://127.0.0.1:8889/lab?token=0123456789abcdef"
    assert "0123456789" not in repr(lab)


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        ({"error": "no-jupyterlab", "detail": "gpu"}, ConfigError, "- jupyterlab"),
        ({"error": "not-ready", "detail": "running"}, HostError, "not ready (running)"),
        ({"error": "start", "detail": "Address in use"}, HostError, "Address in use"),
    ],
)
def test_refusals(answer: dict[str, str], kind: type[GpuInfraError], says: str, tmp_path: Path) -> None:
    """Each says what to do; the missing package, the very line to add."""
    with pytest.raises(kind) as caught:
        actions.start(fake_world(tmp_path, ssh=reachable(), host=saying(json.dumps(answer))))
    assert says in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(("text", "kind"), [("", HostError), ("Traceback", HostError), (None, Unreachable)])
def test_nonsense_is_no_traceback(text: str | None, kind: type[GpuInfraError], tmp_path: Path) -> None:
    """A host without python3, or one that does not answer."""
    with pytest.raises(kind):
        actions.start(fake_world(tmp_path, ssh=reachable(), host=saying(text)))


def test_what_goes_before_has_a_veto(tmp_path: Path) -> None:
    """A notebook that changed on both sides is told before JupyterLab is opened on one of the two."""
    host = saying('{"state": "running", "started": false, "port": 40001, "token": "0123456789abcdef"}')

    def conflict(_: Host) -> None:
        raise HostError("changed on both sides")

    with pytest.raises(HostError, match="both sides"):
        actions.start(fake_world(tmp_path, ssh=reachable(), host=host), conflict)
    assert host.ran == []
