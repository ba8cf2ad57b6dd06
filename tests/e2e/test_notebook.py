"""docs/gpuinfra.ipynb as a user runs it: by a real kernel, each cell against a real host of the lab."""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.simulator.conda.offline_setup import set_up_offline
from gpuinfra.simulator.lab import requirements
from gpuinfra.simulator.lab.lab import open_lab
from gpuinfra.simulator.project_copy import copy_project, private_env
from tests.e2e.conftest import ROOT
from tests.running_provider import running_provider
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.e2e
EXECUTE: list[str | Path] = [Path(sys.executable).parent / "jupyter-execute", "--inplace", "gpuinfra.ipynb"]


def test_every_cell_runs_and_shows_what_it_is_there_for(installed: Path) -> None:
    """From no settings to no host; what the host printed, a failure and a file that came back are seen."""
    if reason := requirements.why_not():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="gi-") as scratch, open_lab() as lab:
        home = Path(scratch)
        clone = copy_project(ROOT, home / "clone")
        set_up_offline(lab.mirror, lab.image, clone)
        project = home / "project"
        project.mkdir()
        (project / ".gpuinfraignore").touch()
        shutil.copyfile(ROOT / "docs/gpuinfra.ipynb", project / "gpuinfra.ipynb")
        env = private_env(lab.env({**os.environ, "HOME": scratch, "XDG_RUNTIME_DIR": ""}), home, clone)
        with running_provider(installed, env, enter=lab.command([])) as provider:
            done = lab.run(EXECUTE, env=env | provider, cwd=project, timeout_s=PATIENCE_S)
        assert done.returncode == 0, done.stderr
        up, _, square, smi, failure, job, back, cost, receipt = _shown(project / "gpuinfra.ipynb")[2:]
        assert "proven (Tesla T4 (simulated)" in up
        counted = [text.count("[0, 1, 4, 9, 16]") for text in (square, job, back)]
        assert counted == [2, 1, 1]  # the first is printed and returned
        assert smi.startswith("Tesla T4")
        assert failure.startswith("3 ")
        assert "stopped" in cost
        assert " USD since " in cost
        assert float(receipt.splitlines()[-1]) > 0
        assert lab.simulator.leftovers() == {}


def _shown(notebook: Path) -> list[str]:
    """Return what each cell of code has shown: its streams and its value."""
    cells = json.loads(notebook.read_text())["cells"]
    outputs = [cell["outputs"] for cell in cells if cell["cell_type"] == "code"]
    return ["".join(word for one in shown for word in _words(one)) for shown in outputs]


def _words(output: dict[str, Any]) -> list[str]:
    words: list[str] = output.get("text") or output["data"]["text/plain"]
    return words
