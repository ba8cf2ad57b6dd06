"""rsync's command line and words: what is sent is proven by the real rsync, between two folders."""

import shutil
import subprocess
from pathlib import Path

import pytest

from gpuinfra.features.sync import rsync_args
from tests.features.sync.far_host import FarHost, names, write

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
def far(tmp_path: Path) -> FarHost:
    """A project beside a host."""
    far = FarHost(tmp_path)
    for name, text in FILES.items():
        write(far.here / name, text)
    return far


@needs_rsync
def test_ignore_files_are_honoured_at_every_level(far: FarHost) -> None:
    """.gitignore and .gpuinfraignore, in any folder; .git itself never travels; /anchored is anchored."""
    far.sync("up")
    assert names(far.there) == [
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
def test_a_named_path_goes_though_it_is_ignored(part: str, files: list[str], far: FarHost) -> None:
    """Only that path goes, and what is ignored below it does not, unless it is the path itself."""
    far.sync("up", part)
    assert names(far.there) == files


@needs_rsync
def test_delete_spares_what_is_ignored_cloned_or_outside_the_part(far: FarHost) -> None:
    """--delete removes what only the host has; not results, nor clones, nor other parts of the project."""
    far.sync("up")
    for name in ("gone.py", "src/gone.py", "out/result.txt", "repo/.git/config", "repo/f"):
        write(far.there / name, "x")
    far.sync("up")
    assert {"gone.py", "src/gone.py"} <= set(names(far.there))
    far.sync("up", "src", delete=True)
    assert "gone.py" in names(far.there)
    far.sync("up", delete=True)
    assert {"gone.py", "src/gone.py"} & set(names(far.there)) == set()
    assert {"out/result.txt", "repo/.git/config", "repo/f"} <= set(names(far.there))


@needs_rsync
def test_delete_spares_what_ignores_itself_over_there(far: FarHost) -> None:
    """Caches and virtual environments that only the host has hold a .gitignore with `*`."""
    far.sync("up")
    for name in (".gitignore", "v"):
        write(far.there / ".cache" / name, "*\n")
    far.sync("up", delete=True)
    assert (far.there / ".cache/v").exists()


@needs_rsync
def test_what_is_ignored_does_not_come_down(far: FarHost) -> None:
    """By this side's files as git reads them, and by those that the host alone has."""
    (far.here / ".gitignore").write_text("out/*\n!out/result.txt\n")
    (far.here / "out/result.txt").unlink()
    far.sync("up")
    for name in ("new.py", "cache/.gitignore", "cache/v", "out/more", "out/result.txt"):
        write(far.there / name, "*\n")
    far.sync("down")
    assert (far.here / "new.py").exists()
    assert (far.here / "out/result.txt").read_text() == "*\n"
    assert not [name for name in ("cache/v", "out/more") if (far.here / name).exists()]


@needs_rsync
def test_a_file_that_was_synced_alone_is_known(far: FarHost) -> None:
    """Its folder may be new on the other side, and be gone later."""
    write(far.there / "results/deep/r.txt", "x")
    far.sync("up", "src/a.py")
    far.sync("down", "results/deep/r.txt")
    assert (far.here / "results/deep/r.txt").exists()
    shutil.rmtree(far.here / "results")
    far.sync()
    assert not (far.there / "results/deep/r.txt").exists()
    assert "src/data/kept" in names(far.there)


@needs_rsync
def test_what_is_ignored_here_is_not_deleted_there(far: FarHost) -> None:
    """Neither by a rule that is new, nor when results that were once fetched are deleted here."""
    far.sync("up")
    write(far.there / "out/more", "x")
    far.sync("down", "out")
    shutil.rmtree(far.here / "out")
    (far.here / ".gpuinfraignore").write_text("*.big\n/src/data\n")
    shutil.rmtree(far.here / "src/data")
    far.sync()
    assert (far.there / "out/more").exists()
    assert (far.there / "src/data/kept").exists()


def test_words_are_quoted_as_rsync_reads_them() -> None:
    """-e takes quotes, doubled inside, and no backslash."""
    words = ["ssh", "-F", "/home/a b/it's"]
    assert rsync_args.argv("rsync", words, source="a", target="b")[5] == "ssh -F '/home/a b/it''s'"


@needs_rsync
def test_words_reach_ssh_whole(tmp_path: Path) -> None:
    """The real rsync hands a path with blanks and quotes on as one argument."""
    fake = tmp_path / "it's a ssh"
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{tmp_path}/seen"\nexit 1\n')
    fake.chmod(0o755)
    argv = rsync_args.argv("rsync", [str(fake), "-F", "a 'b'.conf"], source="/dev/null", target="host:x")
    subprocess.run(argv, check=False, capture_output=True)
    assert (tmp_path / "seen").read_text().splitlines()[:3] == ["-F", "a 'b'.conf", "host"]


def test_numbers_are_read() -> None:
    """What rsync --stats says, and a sync in one line."""
    text = "Number of files: 3\nTotal bytes sent: 2,097,152\nTotal bytes received: 12\n"
    assert rsync_args.stats(text) == {"sent_bytes": 2_097_152, "received_bytes": 12}
    found = {"files": 10_000, "size_bytes": 2_097_152, "deleted": 1, "created": 0}
    assert rsync_args.summary(found, dry_run=False) == "transferred 10,000 files, 2.0 MiB, deleted 1"
    none = dict.fromkeys(found, 0)
    assert rsync_args.summary(none, dry_run=True) == "up to date: nothing to transfer"
    link = {**none, "created": 1}
    assert (
        rsync_args.summary(link, dry_run=False) == "transferred 0 files, 0 bytes (but new folders or links)"
    )
    assert rsync_args.summary({**link, "files": 1}, dry_run=True) == "would transfer 1 file, 0 bytes"
