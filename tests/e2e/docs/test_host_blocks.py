"""Blocks marked `host`: run in a user's project, beside a real host of the lab.

Docker is a fake one, and JupyterLab is there only if pip can fetch it; all else is as in the demo.
"""

import itertools
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gpuinfra.simulator.conda.outfit import outfit
from gpuinfra.simulator.lab import door, needs
from gpuinfra.simulator.lab.door import Lab
from gpuinfra.simulator.scratch import copy_project, private_env
from tests.docs import pages
from tests.docs.pages import Block
from tests.e2e.conftest import ROOT
from tests.e2e.docker.bay import Bay
from tests.e2e.docs.shell import play, with_programs

pytestmark = pytest.mark.e2e
PAGES = {page: list(found) for page, found in itertools.groupby(pages.blocks("host"), lambda b: b.page)}
TRAIN = (
    "import pathlib, sys; print(sys.argv); pathlib.Path('out').mkdir(); pathlib.Path('out/loss').touch()\n"
)
LAST = "README.md"  # its day ends with `make down`


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A user's project beside a clone that has a ready host."""

    lab: Lab
    project: Path
    env: dict[str, str]

    def play(self, block: Block) -> None:
        """Run a block."""
        play(block, folder=self.project, env=self.env, lab=self.lab)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """A project with a train.py and a host made by `make up`; skipped with the reason where none can boot."""
    if reason := needs.can_run():
        pytest.skip(reason)
    # not below pytest's own directory: a Unix socket's path has to be short
    with tempfile.TemporaryDirectory(prefix="gi-") as scratch, door.opened() as lab:
        home = Path(scratch)
        clone, project = copy_project(ROOT, home / "clone"), home / "my-project"
        outfit(lab.mirror, lab.image, clone)
        project.mkdir()
        (project / "train.py").write_text(TRAIN)
        (project / ".gpuinfraignore").write_text("")
        user = private_env(lab.env({**os.environ, "HOME": scratch, "XDG_RUNTIME_DIR": ""}), home, clone)
        env = with_programs(user, home, clone)
        made = Desk(lab=lab, project=project, env=env)
        made.play(Block(page="README.md", line=0, language="sh", kind="host", text="make up"))
        Bay(lab=lab, project=project, env=env).install()
        yield made


@pytest.mark.parametrize("page", sorted(PAGES, key=lambda page: (page == LAST, page)))
def test_the_commands_of_a_page(page: str, desk: Desk) -> None:
    """Each block ends with exit code 0, or by the Ctrl-C that it names."""
    for block in PAGES[page]:
        desk.play(block)


def test_the_day_of_the_readme_leaves_nothing(desk: Desk) -> None:
    """After README's `make down` nothing that costs money is left."""
    assert desk.lab.simulator.leftovers() == {}
