"""`ssh`: what is told to who comes onto a host that is not ready."""

from gpuinfra.features.connect.session import not_ready
from gpuinfra.ground import boot_status
from tests.ground.test_boot_status import look


def test_who_comes_too_early_is_told() -> None:
    """By ssh, onto a host that is not ready: how far it is is one command away."""
    assert not_ready(boot_status.parse(look(state="done")), "default") == ""
    assert "gpuinfra status --watch" in not_ready(boot_status.parse(look()), "default")
    failed = boot_status.parse(look(state="failed", permanent=True))
    assert "gpuinfra logs --stack b" in not_ready(failed, "b")
