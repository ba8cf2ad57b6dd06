"""`leaks --delete`: each thing by its own question, never what is not ours, nor under a host that stays."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from gpuinfra.features.leaks.delete import delete
from gpuinfra.ground.errors import CloudError
from gpuinfra.ground.model import CloudResource
from gpuinfra.ground.tagged import TaggedResource
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.world import FakeReporter
from tests.features.leaks.scene import BOBS, DISK, DISK_OF_HOST, GROUP, HERE, HOST, KEY, OURS, ROLE, leaks


class Answers(FakeReporter):
    """Answers each question as a function says."""

    def __init__(self, answers: Callable[[str], bool]) -> None:
        super().__init__(at_terminal=True)
        self._answers = answers

    def confirm(self, question: str, *, word: str = "", option: str = "--yes") -> bool:
        """Answer."""
        super().confirm(question, word=word, option=option)
        return self._answers(question)


def at_aws(*things: TaggedResource) -> FakeCloud:
    """Return a region with these."""
    return FakeCloud(
        things=[CloudResource(kind=it.kind, resource_id=it.resource_id, owner=it.tags.owner) for it in things]
    )


def test_a_host_goes_first_and_its_disk_with_it(tmp_path: Path) -> None:
    """Its id has to be typed; the disk is named in its question; what has no region goes last."""
    things = (ROLE, GROUP, DISK_OF_HOST, HOST)
    cloud, reporter = at_aws(*things), Answers(lambda _: True)
    deleted = delete(fake_world(tmp_path, cloud=cloud, reporter=reporter), leaks(*things), home=HERE)
    assert (cloud.terminated, cloud.removed) == (["i-1"], ["sg-1", ROLE.resource_id])
    assert {it.thing for it in deleted} == set(things)
    _, host, *others = reporter.asked
    assert host == (
        "Delete host: g5.xlarge, running i-1 and the disks that go with it in us-east-1 (stack 'old' of"
        " tester, project 'gpuinfra'; 0.00 USD a month, since 2026-11-01 10:00 UTC)? Type \"i-1\""
    )
    assert [question.split(" (")[0] for question in others] == [
        "Delete security group sg-1 in us-east-1",
        "Delete role of the host gpuinfra-old-1 in the account",
    ]


def test_under_a_host_that_stays_the_rest_stays(tmp_path: Path) -> None:
    """A no to the host is a no to what it may need; other stacks' things are asked for all the same."""
    cloud, reporter = at_aws(DISK), Answers(lambda question: "host:" not in question)
    world = fake_world(tmp_path, cloud=cloud, reporter=reporter)
    delete(world, leaks(HOST, DISK_OF_HOST, GROUP, ROLE, DISK), home=HERE)
    assert (cloud.terminated, cloud.removed) == ([], ["vol-2"])
    assert "kept, as its host is: security group sg-1" in reporter.said


def test_others_things_are_not_even_asked_for(tmp_path: Path) -> None:
    """Their owner is named instead."""
    reporter, cloud = Answers(lambda _: True), FakeCloud()
    theirs = dataclasses.replace(HOST, tags=BOBS)
    assert delete(fake_world(tmp_path, cloud=cloud, reporter=reporter), leaks(theirs), home=HERE) == ()
    assert reporter.said == ["left alone: what others' tags are on; ask bob"]
    assert (reporter.asked, cloud.terminated) == ([], [])


def test_without_a_terminal_nothing_is_deleted(tmp_path: Path) -> None:
    """And that is said."""
    reporter, cloud = FakeReporter(answer=True, at_terminal=False), at_aws(KEY)
    assert delete(fake_world(tmp_path, cloud=cloud, reporter=reporter), leaks(KEY), home=HERE) == ()
    assert reporter.said == ["nothing was deleted: each thing is asked for by itself, at a terminal"]
    assert cloud.removed == []


def test_a_no_keeps_one_thing(tmp_path: Path) -> None:
    """The others go."""
    cloud, reporter = at_aws(KEY, GROUP), Answers(lambda question: "key-1" not in question)
    deleted = delete(fake_world(tmp_path, cloud=cloud, reporter=reporter), leaks(KEY, GROUP), home=HERE)
    assert (cloud.removed, [it.thing for it in deleted]) == (["sg-1"], [GROUP])


def test_a_refusal_is_said_once_all_else_is_gone(tmp_path: Path) -> None:
    """A host that is protected keeps what it may need, and nothing else."""

    class Protected(FakeCloud):
        def terminate(self, instance_ids: object) -> None:
            raise CloudError("the instance is protected against termination")

    cloud = Protected(things=at_aws(KEY, GROUP).things)
    world = fake_world(tmp_path, cloud=cloud, reporter=Answers(lambda _: True))
    other = dataclasses.replace(KEY, tags=OURS)
    with pytest.raises(CloudError, match="protected"):
        delete(world, leaks(HOST, GROUP, ROLE, other), home=HERE)
    assert cloud.removed == ["key-1"]
