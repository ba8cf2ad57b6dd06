"""Ignore files: what git leaves out is what a sync leaves out; the judge is the real git."""

import os
import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from gpuinfra.host.sync.records import IGNORE_FILES
from gpuinfra.host.sync.scan import Scan

needs_git = pytest.mark.skipif(not shutil.which("git"), reason="needs git: apt-get install git")
NAMES = [
    "a",
    "b",
    "data",
    "out",
    "keep",
    "a.log",
    "b.log",
    "x y",
    "q[1]",
    "s*r",
    "!bang",
    "#hash",
    "back\\slash",
]
LINES = [
    *("*.log", "!b.log", "!*.log", "data/", "/out", "out/", "a/b", "a/**/b", "**/data", "**/a/b", "data/*"),
    *("!data/keep", "!data/keep/", "a/**", "/*", "!/a", "!/data/", "*", "!*/", "q[[]1]", "q\\[1\\]", "s\\*r"),
    *(
        "s*r",
        "[ab]",
        "[!a]",
        "[^b].log",
        "?",
        "\\!bang",
        "\\#hash",
        "#hash",
        "!bang",
        "x y",
        "x y  ",
        "x\\ y",
    ),
    *("a/", "keep", "!keep", "***", "a***", "**", "**/", "", "  ", "/", "!", "back\\\\slash", "[a", "a\\"),
    *(
        "[[:alpha:]].log",
        "/a/*/",
        "!/a/b/",
        "data/**/keep",
        "b/**",
        "!b/keep",
        "foo**",
        "a**b",
        "[]a]",
        "/**/b",
    ),
]


def tree(root: Path, seed: int) -> None:
    """Write files at three depths and some ignore files."""
    chosen = random.Random(seed)
    folders = [root]
    for _ in range(14):
        folder = chosen.choice(folders) / chosen.choice(NAMES)
        if len(folder.relative_to(root).parts) < 4 and not folder.is_file():
            folder.mkdir(exist_ok=True)
            folders.append(folder)
            for name in chosen.sample(NAMES, 4):
                if not (folder / name).exists():
                    (folder / name).write_text("x")
    for folder in {root, *chosen.sample(folders, min(3, len(folders)))}:
        for name in IGNORE_FILES[: 1 + chosen.randrange(2)]:
            lines = [chosen.choice(LINES) for _ in range(chosen.randint(1, 6))]
            (folder / name).write_text("\n".join(lines) + "\n")


def by_git(root: Path, copy: Path) -> set[str]:
    """Return what git does not ignore; it reads one file in each folder, so both are made one."""
    shutil.copytree(root, copy)
    for folder in (copy, *(p for p in copy.rglob("*") if p.is_dir())):
        texts = [(folder / name).read_text() for name in IGNORE_FILES if (folder / name).exists()]
        (folder / ".gitignore").write_text("".join(texts))
    subprocess.run(["git", "init", "-q", copy], check=True)
    argv = ["git", "-c", "core.excludesFile=", "-C", str(copy), "ls-files", "-z", "-o", "--exclude-standard"]
    done = subprocess.run(argv, capture_output=True, check=True)
    return {os.fsdecode(name) for name in done.stdout.split(b"\0") if name and b"ignore" not in name}


def by_scan(root: Path, part: str = "") -> set[str]:
    """Return the files that a sync looks at."""
    found = Scan(str(root), {}, part=part).now
    return {path for path, rec in found.items() if rec[0] == "f" and Path(path).name not in IGNORE_FILES}


@needs_git
@pytest.mark.parametrize("seed", range(60))
def test_what_git_ignores_is_left_out(seed: int, tmp_path: Path) -> None:
    """For trees and ignore files by chance: nested, with exceptions, anchored, escaped, with classes."""
    root = tmp_path / "here"
    root.mkdir()
    tree(root, seed)
    assert by_scan(root) == by_git(root, tmp_path / "git")


def test_a_folder_that_is_named_is_not_emptied(tmp_path: Path) -> None:
    """`data/*` is there to keep git's tree small; inside, the other lines hold."""
    (tmp_path / "data").mkdir()
    (tmp_path / ".gitignore").write_text("data/*\n!data/.gitkeep\n*.tmp\n")
    for name in ("big", ".gitkeep", "x.tmp"):
        (tmp_path / "data" / name).touch()
    assert by_scan(tmp_path) == {"data/.gitkeep"}
    assert by_scan(tmp_path, "data") == {"data/big", "data/.gitkeep"}


def test_what_is_left_out_is_not_looked_through(tmp_path: Path) -> None:
    """A virtual environment or a data set may hold a million files, and ignore files of its own."""
    for folder in (".venv/lib", "deep/data", "other"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / ".gitignore").write_text("*\n")
    (tmp_path / ".gitignore").write_text(".venv/\n/deep/data\n")
    assert set(Scan(str(tmp_path), {}).lines) == {"", "other"}


def test_ten_thousand_files_cost_little(tmp_path: Path) -> None:
    """The bound is for a slow, busy machine."""
    for folder in range(100):
        (tmp_path / str(folder)).mkdir()
        for file in range(100):
            (tmp_path / str(folder) / str(file)).touch()
    began = time.process_time()
    assert len(Scan(str(tmp_path), {}).now) == 10_100
    assert time.process_time() - began < 1
