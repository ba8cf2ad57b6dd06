"""`dlc list` by the real command line, against the simulated ECR."""

import pytest

from gpuinfra.simulator.api.faults import Fault
from gpuinfra.simulator.client import Simulator
from tests import samples
from tests.e2e.cli import Cli, refused

pytestmark = pytest.mark.e2e


def test_the_newest_as_a_table(fresh: Cli) -> None:
    """Framework, version, processor, Python, CUDA, and the name that docker takes; none of SageMaker."""
    head, *rows = fresh.ok("dlc", "list", "pytorch").splitlines()
    assert head.split() == ["FRAMEWORK", "VERSION", "FOR", "PYTHON", "CUDA", "IMAGE"]
    found = [row.split()[:5] for row in rows]
    assert found == [
        ["pytorch", "2.9.0", "gpu", "3.12", "13.0"],
        ["pytorch", "2.7.1", "gpu", "3.12", "12.8"],
        ["pytorch", "2.6.0", "gpu", "3.12", "12.6"],
        ["pytorch", "2.7.1", "cpu", "3.12", "-"],
        ["pytorch", "2.6.0", "cpu", "3.12", "-"],
    ]


def test_filtered_and_kept(fresh: Cli, sim: Simulator) -> None:
    """The second time nobody is asked; --all shows those of SageMaker too."""
    only = fresh.json("dlc", "list", "pytorch", "--for", "cpu", "--region", "eu-west-1")
    assert {(it["processor"], it["region"]) for it in only} == {("cpu", "eu-west-1")}
    asked = len(sim.calls("DescribeImages"))
    every = fresh.json("dlc", "list", "pytorch", "--all", "--region", "eu-west-1")
    assert "sagemaker" in {it["platform"] for it in every}
    assert len(sim.calls("DescribeImages")) == asked


def test_the_region_of_the_stack_decides(fresh: Cli, sim: Simulator) -> None:
    """What is listed is what its host could run."""
    fresh.ok("init", "--region", "eu-south-1", "--owner", "tester")
    images = [it["image"] for it in fresh.json("dlc", "list", "tensorflow")]
    assert images
    assert all(it.startswith("692866216735.dkr.ecr.eu-south-1.amazonaws.com/") for it in images)


def test_somebody_who_may_not_look(fresh: Cli, sim: Simulator) -> None:
    """AWS's refusal in our words, with its exit code."""
    sim.fault(Fault(match="DescribeImages", code="AccessDeniedException", status=400, message="no"))
    refused(fresh.run("dlc", "list"), 4, "may not do ecr:DescribeImages", "ask your AWS administrator")


def test_a_role_that_was_not_given_the_right(fresh: Cli, sim: Simulator) -> None:
    """dlc_access is false by default: said before anything is contacted."""
    (fresh.directory / "terraform.tfstate").write_text(samples.STATE)
    done = fresh.run("dlc", "run", "pytorch-training:2.7.1-cpu-py312-ubuntu22.04-ec2", "--", "true")
    refused(done, 2, "dlc_access is false", "set dlc_access = true in terraform.tfvars, then: gpuinfra up")
    assert sim.calls() == []
