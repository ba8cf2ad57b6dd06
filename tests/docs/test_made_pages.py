"""The pages and pictures that are made from the program are those of the program of today."""

import re
from pathlib import Path

from gpuinfra import GpuHost
from tests.docs import command_reference, rooms
from tests.help_text import SNAPSHOT, commands

FILES = {
    "__init__.py": "",
    "__main__.py": "from gpuinfra.quick import dispatch\n",
    "version.py": "VERSION = ''\n",
    "loose.py": "",
    "factory/__init__.py": "from gpuinfra.features.sync.rsync import Rsync\nfrom gpuinfra import loose\n",
    "cli/__init__.py": "",
    "cli/sync.py": "def up():\n  from gpuinfra import factory\n  from gpuinfra.features.sync import sync\n",
    "quick/__init__.py": "",
    "quick/dispatch.py": "import gpuinfra.ground.names\nimport json\n",
    "features/__init__.py": "",
    "features/sync/__init__.py": "",
    "features/sync/sync.py": "import gpuinfra.features.connect.connect\nfrom gpuinfra.ground import names\n",
    "features/sync/rsync.py": "from gpuinfra.features.sync import sync\nimport gpuinfra.tools.process\n",
    "features/connect/__init__.py": "",
    "features/connect/connect.py": "from gpuinfra.tools.ssh.client import OpenSsh\n",
    "tools/__init__.py": "",
    "tools/process.py": "def run():\n    pass\n",
    "tools/ssh/__init__.py": "",
    "tools/ssh/client.py": "class OpenSsh:\n    pass\n",
    "ground/__init__.py": "",
    "ground/names.py": "",
}


def test_the_command_reference() -> None:
    """docs/commands.md is what its script makes of the help that users see."""
    made = command_reference.reference(SNAPSHOT.read_text(encoding="utf-8"))
    assert command_reference.PAGE.read_text(encoding="utf-8") == made


def test_the_pictures_of_the_design() -> None:
    """docs/design.md shows the imports of the code as it is."""
    page = rooms.PAGE.read_text(encoding="utf-8")
    assert page.count("```mermaid") == 2
    assert rooms.redraw(page, rooms.arrows(rooms.PACKAGE)) == page


def test_the_arrows_of_a_package(tmp_path: Path) -> None:
    """Imports become arrows between rooms, features and tools, also those inside functions; others do not."""
    for name, text in FILES.items():
        path = tmp_path / "gpuinfra" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = rooms.arrows(tmp_path / "gpuinfra")
    assert found == {
        ("__main__", "quick"),
        ("cli", "factory"),
        ("cli", "features/sync"),
        ("factory", rooms.LOOSE),
        ("factory", "features/sync"),
        ("features/connect", "tools/ssh"),
        ("features/sync", "features/connect"),
        ("features/sync", "ground"),
        ("features/sync", "tools/process"),
        ("quick", "ground"),
    }
    assert "  features --> tools" in rooms.rooms(found).splitlines()
    assert "  features_sync --> features_connect" in rooms.features(found).splitlines()
    assert '  features_sync["features/sync"]' in rooms.features(found).splitlines()
    assert "ground" not in rooms.features(found)


def test_the_page_on_python_names_every_method() -> None:
    """docs/python.md is where one looks for what there is."""
    page = (rooms.PAGE.parent / "python.md").read_text(encoding="utf-8")
    methods = [name for name in vars(GpuHost) if not name.startswith("_")]
    assert len(methods) > 10
    assert [name for name in methods if f"`{name}`" not in page] == []


def test_the_page_on_python_names_every_command() -> None:
    """A method that has it, or that there is none: a command alone, or its whole group."""
    page = (rooms.PAGE.parent / "python.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([^`\n]+)`", page))
    every = set(commands()) - {(), ("apply",), ("destroy",), ("ssm-proxy",)}  # without those that are hidden
    leaves = every - {words[:1] for words in every if len(words) > 1}
    assert sorted(words for words in leaves if not {words[0], " ".join(words)} & named) == []
