"""What `dlc list` asks for, and `dlc run` before anything is fetched; ECR and the host are fakes."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from gpuinfra.features.containers import dlc
from gpuinfra.features.containers.dlc import POLICY, Ask, may_pull
from gpuinfra.features.containers.dlc_images import TaggedImage
from gpuinfra.ground.errors import CloudError, ConfigError
from gpuinfra.ground.model import Record
from tests.fakes.host import fake_world
from tests.fakes.jobs import FakeHostClient
from tests.fakes.world import RECORDED, FakeReporter, FakeState
from tests.features.containers.test_docker_args import ENGINE
from tests.features.sync.test_sync import reachable

MAY = dataclasses.replace(RECORDED, resources={**RECORDED.resources, f'{dlc.POLICY}["pull"]': "x"})
TAGS = (
    *("2.19.0-cpu-py312-ubuntu22.04-ec2", "2.18.0-cpu-py310-ubuntu22.04-ec2"),
    *("2.19.0-gpu-py312-cu125-ubuntu22.04-ec2", "2.21.0-cpu-py312-amzn2023-sagemaker", "server-cuda-v2.3"),
)


def registry(*tags: str, name: str = "tensorflow-training") -> Ask:
    """Return an ECR that has these tags in one repository."""

    def ask(repository: str) -> Sequence[TaggedImage]:
        return [TaggedImage(tags=(tag,), pushed="2026") for tag in tags if repository == name]

    return ask


def run(tmp_path: Path, image: str, *asks: Ask, reporter: FakeReporter | None = None) -> None:
    """Run it; ECR as it was kept, and as it is now."""
    host = FakeHostClient(json.dumps({**dataclasses.asdict(ENGINE), "notes": []}))
    parts = {"ssh": reachable(), "host": host, "state": FakeState(MAY), "reporter": reporter}
    world = fake_world(tmp_path, **parts)
    dlc.run(
        world, image, ["true"], lambda _: None, catalog=lambda region, now: asks[int(now and len(asks) > 1)]
    )


@pytest.mark.parametrize(
    ("gone", "instead"),
    [
        # the article of 2021's; made for EC2 goes before a newer one for SageMaker
        ("1.13-cpu-py36-ubuntu16.04", "2.19.0-cpu-py312-ubuntu22.04-ec2"),
        ("2.9.0-gpu-py39-cu112-ubuntu20.04-e3", "2.19.0-gpu-py312-cu125-ubuntu22.04-ec2"),
    ],
)
def test_an_image_that_is_gone(gone: str, instead: str, tmp_path: Path) -> None:
    """Before the host is asked anything, with the newest for the same processor, ready to type."""
    with pytest.raises(ConfigError, match=f"there is no image tensorflow-training:{gone}") as caught:
        run(tmp_path, f"tensorflow-training:{gone}", registry(*TAGS))
    assert caught.value.hint == f"gpuinfra dlc run tensorflow-training:{instead} -- ..."


def test_a_repository_that_is_gone(tmp_path: Path) -> None:
    """Nothing is like it: the list is the next step."""
    with pytest.raises(ConfigError, match="there is no image mxnet-training:1") as caught:
        run(tmp_path, "mxnet-training:1", registry(*TAGS))
    assert caught.value.hint == "gpuinfra dlc list"


def test_an_image_of_today(tmp_path: Path) -> None:
    """What was kept this morning does not know it: ECR is asked again before it is refused."""
    run(tmp_path, "tensorflow-training:new-cpu", registry(*TAGS), registry(*TAGS, "new-cpu"))


def test_who_may_not_ask_is_not_held_up(tmp_path: Path) -> None:
    """The host's role may pull what the user may not look at; that nothing was checked is said."""

    def refuse(repository: str) -> Sequence[TaggedImage]:
        raise CloudError("may not do ecr:DescribeImages")

    reporter = FakeReporter()
    run(tmp_path, "tensorflow-training:x-cpu", refuse, reporter=reporter)
    assert reporter.said == [
        "whether there is such an image, ECR does not say: may not do ecr:DescribeImages"
    ]


@pytest.mark.parametrize(("tag", "told"), [("server-cuda-v2.3", True), (TAGS[0], False), (TAGS[2], False)])
def test_an_unknown_cuda_is_said(tag: str, told: bool, tmp_path: Path) -> None:
    """The newest servers' names do not tell it, so that nobody has checked it against the driver."""
    reporter = FakeReporter()
    run(tmp_path, f"tensorflow-training:{tag}", registry(*TAGS), reporter=reporter)
    assert any("tells no CUDA: whether driver 570.133.20" in line for line in reporter.said) == told


def test_any_repository_is_asked_by_its_name() -> None:
    """One that no list of ours knows; what is nowhere is refused with those that are known."""
    known = registry("0.1.0-gpu-py312-cu130-ubuntu22.04-ec2", name="newest-thing")
    (found,) = dlc.images("us-east-1", known, framework="newest-thing", processor="", everything=False)
    assert (found.framework, found.cuda) == ("newest-thing", "13.0")
    for name in ("nothing", "Not a name"):
        with pytest.raises(ConfigError, match="there are: autogluon-inference") as caught:
            dlc.images("us-east-1", known, framework=name, processor="", everything=False)
        assert caught.value.hint == "gpuinfra dlc list"


def test_the_table_says_what_it_does_not_know() -> None:
    """? for a CUDA that no name tells, - where there is none."""
    found = dlc.images("us-east-1", registry(*TAGS), framework="tensor", processor="", everything=False)
    rows = dlc.images_table(found).splitlines()[1:]
    assert {row.split()[4] for row in rows} == {"12.5", "?", "-"}


ROLE = 'module.host.module.instance.aws_iam_role.this["own"]'


@pytest.mark.parametrize(
    ("addresses", "may"), [([ROLE], False), ([ROLE, f'module.host.{POLICY}["pull"]'], True), ([], True)]
)
def test_only_a_role_of_ours_is_judged(addresses: list[str], may: bool) -> None:
    """Ours may pull where dlc_access has said so; another's is asked, not refused."""
    assert may_pull(Record(resources=dict.fromkeys(addresses, "x"))) is may
