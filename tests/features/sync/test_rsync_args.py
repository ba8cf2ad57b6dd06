"""rsync's command line and words: what is sent is proven by the real rsync, between two folders."""

import shutil
import subprocess
from pathlib import Path

import pytest

from gpuinfra.features.sync import gitignore, rsync_args

needs_rsync = pytest.mark.skipif(not shutil.which("rsync"), reason="needs rsync: apt-get install rsync")
FILES = {
    ".gitignore": "out/\n*.pyc\n/data\n",
    ".gpuinfraignore": "*.big\n",
    ".git/config": "[core]\n",
    "src/a.py": "a",
    "src/a.pyc": "bytes",
    "src/.gitignore": "local.txt\n",
    "src/local.txt": "x",
    "src/data/kept": "x",
    "src/model.big": "x",
    "out/result.txt": "x",
    "out/deep/r.pyc": "x",
    "data/d.bin": "x",
    "odd [1]* name/f": "x",
}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A project."""
    for name, text in FILES.items():
        path = tmp_path / "here" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "here"


def moved(here: Path, part: str = "", *options: str) -> list[str]:
    """Sync with the real rsync; return the files that are over there."""
    there = here.parent / "there"
    argv = rsync_args.argv(
        "rsync", ["ssh"], source=f"{here}/", target=f"{there}/", up=True, part=part, delete=bool(options)
    )
    rules = gitignore.text(str(here), part)
    subprocess.run([argv[0], *options, *argv[1:]], input=rules, check=True, capture_output=True)
    return sorted(p.relative_to(there).as_posix() for p in there.rglob("*") if p.is_file())


@needs_rsync
def test_ignore_files_are_honoured_at_every_level(here: Path) -> None:
    """.gitignore and .gpuinfraignore, in any folder; .git itself never travels; /anchored is anchored."""
    assert moved(here) == [
        ".gitignore",
        ".gpuinfraignore",
        "odd [1]* name/f",
        "src/.gitignore",
        "src/a.py",
        "src/data/kept",
    ]


@needs_rsync
@pytest.mark.parametrize(
    ("part", "files"),
    [
        ("src/a.py", ["src/a.py"]),
        ("out", ["out/result.txt"]),
        ("out/deep/r.pyc", ["out/deep/r.pyc"]),
        ("data", ["data/d.bin"]),
        ("odd [1]* name", ["odd [1]* name/f"]),
    ],
)
def test_a_named_path_goes_though_it_is_ignored(part: str, files: list[str], here: Path) -> None:
    """Only that path goes, and what is ignored below it does not, unless it is the path itself."""
    assert moved(here, part) == files


@needs_rsync
def test_delete_spares_what_is_ignored_kept_or_outside_the_part(here: Path) -> None:
    """--delete removes what is gone here; not results, nor clones, nor other parts of the project."""
    there = here.parent / "there"
    for name in ("gone.py", "src/gone.py", "out/result.txt", "repo/.git/config", "repo/f"):
        (there / name).parent.mkdir(parents=True, exist_ok=True)
        (there / name).write_text("x")
    (there / rsync_args.KEEP).write_text("P /repo/\n")
    assert "gone.py" in moved(here, "src", "--delete-after")
    left = moved(here, "", "--delete-after")
    assert {"gone.py", "src/gone.py"} & set(left) == set()
    assert {"out/result.txt", "repo/.git/config", "repo/f", rsync_args.KEEP} <= set(left)


@needs_rsync
def test_delete_spares_what_ignores_itself_over_there(here: Path) -> None:
    """Caches and virtual environments that only the host has hold a .gitignore with `*`."""
    cache = here.parent / "there/.cache"
    cache.mkdir(parents=True)
    for name in (".gitignore", "v"):
        (cache / name).write_text("*\n")
    assert {".cache/v"} <= set(moved(here, "", "--delete-after"))


@needs_rsync
def test_what_is_ignored_does_not_come_down(here: Path) -> None:
    """By this side's files as git reads them, and by those that the host alone has; a clone's list never."""
    back = here.parent / "back"
    (here / ".gitignore").write_text("out/*\n!out/result.txt\n")
    shutil.copytree(here, back)
    for name in ("new.py", "cache/.gitignore", "cache/v", "out/more", "out/result.txt", rsync_args.KEEP):
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text("*\n")
    argv = rsync_args.argv("rsync", ["ssh"], source=f"{here}/", target=f"{back}/", up=False)
    subprocess.run(argv, input=gitignore.text(str(back)), check=True, capture_output=True)
    assert (back / "new.py").exists()
    assert (back / "out/result.txt").read_text() == "*\n"
    left_out = ("cache/v", "out/more", rsync_args.KEEP)
    assert not [name for name in left_out if (back / name).exists()]


def test_words_are_quoted_as_rsync_reads_them() -> None:
    """-e takes quotes, doubled inside, and no backslash."""
    words = ["ssh", "-F", "/home/a b/it's"]
    assert rsync_args.argv("rsync", words, source="a", target="b", up=True)[5] == "ssh -F '/home/a b/it''s'"


@needs_rsync
def test_words_reach_ssh_whole(tmp_path: Path) -> None:
    """The real rsync hands a path with blanks and quotes on as one argument."""
    fake = tmp_path / "it's a ssh"
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{tmp_path}/seen"\nexit 1\n')
    fake.chmod(0o755)
    argv = rsync_args.argv(
        "rsync", [str(fake), "-F", "a 'b'.conf"], source="/dev/null", target="host:x", up=True
    )
    subprocess.run(argv, check=False, capture_output=True)
    assert (tmp_path / "seen").read_text().splitlines()[:3] == ["-F", "a 'b'.conf", "host"]


def test_numbers_and_names_are_read() -> None:
    """What rsync --stats and --out-format say, as values."""
    text = (
        "gpuinfra-change <f+++++++++ a b.txt\ngpuinfra-change cd+++++++++ d/\n"
        "gpuinfra-change *deleting   old.txt\ngpuinfra-change .f..t...... same\n"
        "Number of deleted files: 1 (reg: 1)\nNumber of regular files transferred: 10,000\n"
        "Total transferred file size: 2,097,152 bytes\nTotal bytes sent: 12\n"
    )
    found = rsync_args.stats(text)
    assert (found["files"], found["size_bytes"], found["deleted"]) == (10_000, 2_097_152, 1)
    assert rsync_args.changes(text) == (["a b.txt"], ["old.txt"])
    assert rsync_args.summary(found, dry_run=False) == "transferred 10,000 files, 2.0 MiB, deleted 1"
    assert rsync_args.summary(rsync_args.stats(""), dry_run=True) == "up to date: nothing to transfer"
    link = rsync_args.stats("Number of created files: 1 (link: 1)\n")
    assert (
        rsync_args.summary(link, dry_run=False) == "transferred 0 files, 0 bytes (but new folders or links)"
    )
    assert rsync_args.summary({**link, "files": 1}, dry_run=True) == "would transfer 1 file, 0 bytes"
