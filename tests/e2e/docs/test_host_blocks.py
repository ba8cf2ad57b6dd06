"""Blocks marked `host`: run in a user's project, beside a real host of the lab.

Docker, ECR and what github.com holds are fakes, and JupyterLab is there only if pip can fetch it; all else is
as in the demo.
"""

import itertools
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gpuinfra.simulator.conda.offline_setup import set_up_offline
from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.lab.lab import Lab, open_lab
from gpuinfra.simulator.lab.services import CA_FILE
from gpuinfra.simulator.project_copy import copy_project, private_env
from tests.docs import pages, picture
from tests.docs.pages import Block
from tests.e2e.conftest import ROOT
from tests.e2e.containers.docker_host import DockerHost
from tests.e2e.docs import repositories
from tests.e2e.docs.shell import play, with_programs
from tests.e2e.on_host import wheels
from tests.running_provider import running_provider

pytestmark = pytest.mark.e2e
REPLAYS = "docs/coming-from.md"  # a test for each system
SYSTEMS = list(dict.fromkeys(pages.section(b) for b in pages.blocks("host") if b.page == REPLAYS))
PAGES = {page: list(found) for page, found in itertools.groupby(pages.blocks("host"), lambda b: b.page)}
TRAIN = "import pathlib, sys; print(sys.argv); pathlib.Path('out').mkdir(exist_ok=True)\n"
DLC_ACCESS = 'sed -i "s/^dlc_access.*/dlc_access = true/" "$GPUINFRA_PROJECT/terraform/terraform.tfvars"'
README = "README.md"  # the last: its day ends with `make down`


@dataclass(frozen=True, kw_only=True)
class Project:
    """A user's project beside a clone that has a ready host; `printed` by `make plan` and `make up`."""

    lab: Lab
    printed: str
    folder: Path
    env: dict[str, str]
    no_jupyterlab: str


@pytest.fixture(scope="module")
def project(installed: Path) -> Iterator[Project]:
    """A project with a train.py, and a host; skipped with the reason where none can boot."""
    if reason := requirements.why_not():
        pytest.skip(reason)
    # not below pytest's own directory: a Unix socket's path has to be short
    with tempfile.TemporaryDirectory(prefix="gi-") as scratch, open_lab() as lab:
        home = Path(scratch)
        clone, folder = copy_project(ROOT, home / "clone"), home / "my-project"
        set_up_offline(lab.mirror, lab.image, clone)
        missing = wheels.offer_jupyterlab(lab, clone)
        with (clone / "environment.yml").open("a") as environment:
            environment.write("  - pip\n")
        folder.mkdir()
        (folder / "train.py").write_text(TRAIN)
        shutil.copy2(clone / "test.py", folder)  # as init does
        repositories.serve(lab.mirror / "github.com", home / "repositories")
        (folder / ".gpuinfraignore").write_text("")
        laptop = {"HOME": scratch, "XDG_RUNTIME_DIR": "", "SSL_CERT_FILE": str(lab.directory / CA_FILE)}
        user = private_env(lab.env({**os.environ, **laptop}), home, clone)
        with running_provider(installed, user, enter=lab.command([])) as provider:
            env = with_programs(user | provider, home, clone)
            steps = ("gpuinfra init", DLC_ACCESS, "make plan", "make up")
            printed = "".join(play(step, folder=folder, env=env, lab=lab) for step in steps)
            DockerHost(lab=lab, project=folder, env=env).install(ecr_password="of-the-test")
            yield Project(lab=lab, printed=printed, folder=folder, env=env, no_jupyterlab=missing)


def masked(line: str) -> str:
    """Return a line without what differs from run to run: words with a digit, and how many of a thing."""
    return re.sub(r"\S*\d\S*", "#", re.sub(r"\b\d+ x ", "", line.strip()))


def test_the_picture_of_the_readme(project: Project) -> None:
    """What README shows of `make up` is what it prints, but for numbers."""
    printed = {masked(line) for line in ["$ make up", *project.printed.splitlines()]}
    shown = picture.lines_of(picture.PICTURE.read_text(encoding="utf-8"))
    assert len(shown) > 10
    assert [line for line in shown if masked(line) not in printed] == []


def run_blocks(blocks: list[Block], project: Project) -> None:
    """Run blocks, but for JupyterLab's where it cannot be had."""
    for block in blocks:
        if not (project.no_jupyterlab and "gpuinfra jupyter" in block.text):
            play(block.text, folder=project.folder, env=project.env, lab=project.lab)


@pytest.mark.parametrize("page", sorted({*PAGES} - {README, REPLAYS}))
def test_the_commands_of_a_page(page: str, project: Project) -> None:
    """Each block ends with exit code 0, or by the Ctrl-C that it names."""
    run_blocks(PAGES[page], project)


@pytest.mark.parametrize("system", SYSTEMS)
def test_who_comes_from_another_system_finds_each_verb(system: str, project: Project) -> None:
    """What its users typed, in their order, by our words."""
    run_blocks([block for block in PAGES[REPLAYS] if pages.section(block) == system], project)


def test_the_day_of_the_readme(project: Project) -> None:
    """README's five commands end with exit code 0, and after the last nothing that costs money is left."""
    run_blocks(PAGES[README], project)
    assert project.lab.simulator.leftovers() == {}
