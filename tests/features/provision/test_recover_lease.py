"""A host that is taken over, or gone back to, has used some of its lease: it gets no whole new one."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.provision import kept_host
from gpuinfra.features.provision.go_back import go_back
from gpuinfra.ground.errors import Declined
from tests.fakes.world import SETTINGS, FakeReporter, FakeValues
from tests.features.money.lease_scene import HOUR_S, iso, now_s
from tests.features.provision.kept_scene import NEW, OLD, Scene, instance
from tests.features.provision.recover_scene import HOST, scene

TEN_HOURS = dataclasses.replace(SETTINGS, max_hours=10.0)


def since(hours: float) -> str:
    """Return when a host started that has run for so long."""
    return iso(now_s() - hours * HOUR_S)


def test_recover_works_with_a_lease_and_counts_what_was_used(tmp_path: Path) -> None:
    """The state is damaged, which is why it is asked for; AWS tells since when the host runs."""
    ran = dataclasses.replace(HOST, launched=since(7), made=since(7))
    it = scene(tmp_path, hosts=(ran,), settings=TEN_HOURS)
    it.recover()
    assert it.terraform.given == {"lease_hours": pytest.approx(3 - 60 / HOUR_S, abs=0.02)}
    assert any("the host may run for 2 h" in line for line in it.reporter.said)


def test_recover_of_a_host_whose_lease_is_used_up_says_so_before_it_asks(tmp_path: Path) -> None:
    """AWS stops it at once then: the user may say no."""
    ran = dataclasses.replace(HOST, launched=since(12), made=since(12))
    it = scene(tmp_path, hosts=(ran,), settings=TEN_HOURS, answer=False)
    with pytest.raises(Declined):
        it.recover(yes=False)
    assert it.reporter.said[-1].endswith("nothing is left of it, AWS stops the host at once")


def test_a_host_that_is_gone_back_to_keeps_its_own_lease(tmp_path: Path) -> None:
    """Not what the new one, which has hardly run, would have left."""
    old = dataclasses.replace(instance(OLD), launched=since(7), made=since(7))
    new = dataclasses.replace(instance(NEW), launched=since(0.1), made=since(0.1))
    reporter = FakeReporter(answer=False)
    it = Scene(tmp_path, old, new, recorded=NEW, values=FakeValues(TEN_HOURS), reporter=reporter)
    it.keep()
    kept = kept_host.read(it.world.files)
    assert kept
    with pytest.raises(Declined):
        go_back(it.world, kept, yes=False)
    assert it.terraform.given == {"lease_hours": pytest.approx(3 - 60 / HOUR_S, abs=0.02)}
