"""Blocks marked `api`: those of a page one after another in one clone, against the simulated AWS."""

import itertools
import os
import shutil
from pathlib import Path

import pytest

from gpuinfra.simulator.client import Simulator
from gpuinfra.simulator.project_copy import copy_project, private_env
from tests.docs import pages
from tests.docs.pages import Block
from tests.e2e.conftest import ROOT
from tests.e2e.docs.shell import play, with_programs

pytestmark = pytest.mark.e2e
PAGES = {page: list(found) for page, found in itertools.groupby(pages.blocks("api"), lambda b: b.page)}


@pytest.mark.parametrize("blocks", PAGES.values(), ids=PAGES)
def test_the_commands_of_a_page(
    blocks: list[Block], sim: Simulator, installed: Path, provider: dict[str, str], tmp_path: Path
) -> None:
    """Each ends with exit code 0 in a fresh clone, and at the end the page has left nothing that costs."""
    clone = copy_project(ROOT, tmp_path / "clone")
    shutil.copytree(installed, clone / "terraform" / ".terraform", symlinks=True)
    env = private_env(sim.env(os.environ), tmp_path, clone)
    terraform = {"TF_CLI_CONFIG_FILE": str(clone / ".tools" / "terraform.rc")}  # made by gpuinfra
    env = with_programs(
        env | terraform | {"GPUINFRA_WAIT": "0", "AWS_REGION": "us-east-1"} | provider, tmp_path, clone
    )
    for block in blocks:
        play(block.text, folder=clone, env=env)
    assert sim.leftovers() == {}
