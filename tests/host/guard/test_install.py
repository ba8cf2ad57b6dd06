"""The whole guard takes the place of the first one, or comes to a host from before there was any."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from gpuinfra.host.guard import install
from gpuinfra.tools.ssh import host_bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle as a connection unpacks it, below the login user's home."""
    made = tmp_path / "home/.cache/gpuinfra/host-1234"
    for name, data in host_bundle.files():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o600)
    return made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A host of ours without a guard."""
    made = tmp_path / "root"
    for name in ("etc/gpuinfra/bootstrap.env", "etc/systemd/system/other.service"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text("")
    return made


def test_a_bundle_is_installed_once_and_the_guard_restarted(bundle: Path, root: Path) -> None:
    """What root runs is a copy that the login user cannot write."""
    ran: list[Sequence[str]] = []
    assert install.install(bundle, root=root, run=ran.append) == "installed"
    renewed = root / "usr/local/lib/gpuinfra/renewed"
    assert (renewed / "gpuinfra/host/guard/daemon.py").stat().st_mode & 0o777 == 0o644
    assert (renewed / "gpuinfra/host/guard").stat().st_mode & 0o777 == 0o755
    assert (root / "etc/systemd/system/gpuinfra-guard.service").is_file()
    assert (root / "usr/local/lib/gpuinfra" / install.MAIN).is_file()
    assert ran[-1] == ["systemctl", "restart", "gpuinfra-guard.service"]
    ran.clear()
    assert install.install(bundle, root=root, run=ran.append) == "it is there already"
    assert ran == []


def test_a_newer_bundle_replaces_all_of_the_older_one(bundle: Path, root: Path) -> None:
    """A module that is no more does not stay."""
    install.install(bundle, root=root, run=list)
    newer = bundle.with_name("host-5678")
    shutil.copytree(bundle, newer)
    (newer / "gpuinfra/host/guard/kernels.py").unlink()
    assert install.install(newer, root=root, run=list) == "installed"
    assert not (root / "usr/local/lib/gpuinfra/renewed/gpuinfra/host/guard/kernels.py").exists()


def test_on_a_host_from_before_it_only_watches(bundle: Path, root: Path) -> None:
    """Nobody asked for its end; a host that was made with the first guard keeps what was counted."""
    install.install(bundle, root=root, run=list)
    assert (root / install.STATE).read_text() == install.WATCH_ONLY
    shutil.rmtree(root / "usr/local/lib/gpuinfra/renewed")
    (root / install.STATE).unlink()
    install.install(bundle, root=root, run=list)
    assert not (root / install.STATE).exists()


def test_another_machine_is_left_alone(bundle: Path, tmp_path: Path) -> None:
    """A laptop that unpacks a bundle must not get a guard that powers it off."""
    assert install.install(bundle, root=tmp_path / "laptop", run=list) == "this is no host of gpuinfra"
    assert not (tmp_path / "laptop").exists()
