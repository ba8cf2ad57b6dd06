"""Which host is taken over, and what becomes of a state that is lost or damaged."""

from pathlib import Path

from gpuinfra.ground.errors import ConfigError, Declined, HostError
from gpuinfra.ground.model import Record
from tests.fakes.world import RECORDED, FakeState
from tests.features.provision.recover_scene import GONE, HOST, OTHER, scene
from tests.features.provision.test_leftovers import thing


def test_no_is_no(tmp_path: Path) -> None:
    """The state stays as it was."""
    scene(tmp_path, answer=False).refused(Declined, GONE, "gpuinfra recover", yes=False)


def test_one_of_several_hosts_is_chosen(tmp_path: Path) -> None:
    """They are all named; only one of them is taken."""
    hosts = (OTHER, HOST)
    scene(tmp_path, hosts=hosts).refused(
        HostError, f"several hosts.*i-0other.*{HOST.instance_id}", "gpuinfra recover --host i-0other"
    )
    wrong = scene(tmp_path, hosts=hosts)
    wrong.refused(ConfigError, "i-9 is no host", "gpuinfra recover --host i-0other", host_id="i-9")
    assert scene(tmp_path, hosts=hosts).recover(host_id=HOST.instance_id) == RECORDED.host


def test_a_state_that_names_its_host_is_left_alone(tmp_path: Path) -> None:
    """There is nothing to recover; one that names a host of another project is foreign."""
    it = scene(tmp_path, state=FakeState(RECORDED))
    assert it.recover() == RECORDED.host
    assert (it.state.exchanged, it.terraform.calls) == ([], [])
    foreign = scene(tmp_path, hosts=(OTHER,), state=FakeState(RECORDED))
    foreign.recover()
    assert foreign.state.exchanged == ["recovered"]


def test_without_a_host_a_bad_state_is_put_aside(tmp_path: Path) -> None:
    """Else `up` would be refused for ever; where the state is only lost there is nothing to do."""
    it = scene(tmp_path, hosts=())
    assert it.recover() is None
    assert it.state.exchanged == [""]
    assert it.reporter.said[-1] == "next: gpuinfra up"
    lost = scene(tmp_path, hosts=(), state=FakeState(Record()))
    lost.refused(HostError, "AWS shows no host of the stack 'default' with owner 'tester'", "gpuinfra up")


def test_a_host_of_another_owner_is_named(tmp_path: Path) -> None:
    """The tag, or terraform.tfvars, was edited: neither taken over nor called nothing."""
    bobs = thing("aws_instance", "i-0bob", owner="bob")
    hint = "set owner in terraform.tfvars to that one, if it is yours   # then: gpuinfra recover"
    scene(tmp_path, hosts=(), things=(bobs,)).refused(HostError, "with another owner: .*i-0bob", hint)
