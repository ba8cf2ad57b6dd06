"""A Python that we start reads no module from the folder that it happens to be started in."""

import ast
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from gpuinfra.features.environment.solver import CHILD
from tests.test_layers import modules

# Before .venv exists, in the clone's own folder; and what stands for AWS, which starts nothing of a user's.
APART = ("install", "simulator")
PYTHON = re.compile(r"(/usr/bin/)?python3?\Z")
IN_TEXT = re.compile(r"(?:python3?|\{python\}|\{sys\.executable\})\"? (?!-[PI])(?=-m |\"?\{)")


def starts(tree: ast.Module) -> Iterator[str]:
    """Yield what follows a Python in each command line of a module that goes on with more words."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple | ast.List):
            words = [ast.unparse(one).strip("'\"") for one in node.elts]
            for word, following in itertools.pairwise(words):
                if (PYTHON.match(word) or word == "sys.executable") and re.match(r"-|.*\.py", following):
                    yield following
        elif isinstance(node, ast.JoinedStr) and IN_TEXT.search(text := ast.unparse(node)):
            yield text


def test_our_pythons_do_not_look_around() -> None:
    """-P, or -I, which is that and more: without it a json.py in the folder is everybody's json."""
    seen = [
        (name, word) for name, tree in modules() if name.split(".")[0] not in APART for word in starts(tree)
    ]
    assert [one for one in seen if one[1] not in ("-P", "-I")] == []
    assert len(seen) > 6, "the search finds none of those that there are"


def test_the_solver_takes_no_module_of_the_folder(tmp_path: Path) -> None:
    """`env check --solve` in somebody's project ran their difflib.py."""
    for name in ("difflib.py", "json.py", "gpuinfra.py"):
        (tmp_path / name).write_text("open('ran', 'w')\n")
    subprocess.run(CHILD, cwd=tmp_path, input=b"{}", capture_output=True, check=False)
    assert not (tmp_path / "ran").exists()
    assert CHILD[0] == sys.executable
