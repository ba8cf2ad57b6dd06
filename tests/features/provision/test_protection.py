"""A host that somebody has protected against termination: never removed in silence."""

from pathlib import Path

import pytest

from gpuinfra.features.provision.down import destroy
from gpuinfra.features.provision.protection import refuse_replacement
from gpuinfra.features.provision.resource_names import INSTANCE
from gpuinfra.ground.errors import CloudError, ConfigError, Declined
from gpuinfra.ground.model import Change, Outcome
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import RECORDED, RUNNING, SETTINGS, FakeReporter, FakeTerraform

ID = RUNNING.instance_id
DESTROYED = Outcome(ok=True, destroyed=2)


def test_asked_about_even_with_yes(tmp_path: Path) -> None:
    """It says what protects the host, and nothing is removed, nor taken off, without a yes of its own."""
    terraform, cloud, reporter = (
        FakeTerraform(DESTROYED),
        FakeCloud(protected=[ID]),
        FakeReporter(answer=False),
    )
    with pytest.raises(Declined, match="nothing was destroyed"):
        destroy(fake_world(tmp_path, terraform=terraform, cloud=cloud, reporter=reporter), yes=True)
    (question,) = reporter.asked
    assert "is protected against termination, which somebody has switched on" in question
    assert question.endswith('Type "force"')
    assert (terraform.calls, cloud.calls) == ([], [])


@pytest.mark.parametrize(("force", "asked"), [(True, 0), (False, 1)])
def test_taken_off_before_terraform(force: bool, asked: int, tmp_path: Path) -> None:
    """With --force, or the word, it is gone before the provider meets it, which from 6 on refuses."""
    terraform, reporter = FakeTerraform(DESTROYED), FakeReporter()
    cloud = FakeCloud(protected=[ID])
    made = fake_world(tmp_path, terraform=terraform, cloud=cloud, reporter=reporter)
    cloud.one = None  # gone, when it is looked for afterwards
    destroy(made, yes=True, force=force)
    assert len(reporter.asked) == asked
    assert cloud.calls == [("unprotect", ID)]
    assert ("destroy",) in terraform.calls


@pytest.mark.parametrize("protected", [[], CloudError("you may not ask")])
def test_no_question_of_its_own(protected: list[str] | CloudError, tmp_path: Path) -> None:
    """Nor where the caller may not ask for it: they must be able to end the cost."""
    reporter, cloud = FakeReporter(), FakeCloud(instance=None, protected=protected)
    world = fake_world(tmp_path, terraform=FakeTerraform(DESTROYED), cloud=cloud, reporter=reporter)
    destroy(world, yes=True)
    assert (reporter.asked, cloud.calls) == ([], [])


@pytest.mark.parametrize(
    ("action", "protected", "refused"),
    [("replace", [ID], True), ("replace", [], False), ("update", [ID], False)],
)
def test_never_replaced(action: str, protected: list[str], refused: bool, tmp_path: Path) -> None:
    """`up` refuses to put another host in its place, and says how the protection is taken off."""
    world = fake_world(tmp_path, cloud=FakeCloud(protected=protected))
    changes = [Change(address=INSTANCE, action=action)]
    said = ""
    try:
        refuse_replacement(world, SETTINGS, changes, RECORDED)
    except ConfigError as error:
        said = f"{error.message} {error.hint}"
    assert bool(said) == refused
    assert not said or f"--instance-id {ID} --no-disable-api-termination" in said
