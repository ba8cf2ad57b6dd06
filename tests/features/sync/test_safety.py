"""What a sync must never do: lose a version, mix two projects, let a host reach beyond its folder.
Over 200 lines: one project on both sides, each law an edit of it.
"""

import os
import shutil
from pathlib import Path

import pytest

from gpuinfra.ground.errors import HostError
from gpuinfra.host.sync.records import STATE
from tests.features.sync.far_host import FarHost, names, write

pytestmark = pytest.mark.skipif(not shutil.which("rsync"), reason="needs rsync: apt-get install rsync")
COMPOSED, DECOMPOSED = "\u00e9", "e\u0301"


@pytest.fixture
def far(tmp_path: Path) -> FarHost:
    """A project with a notebook, a folder and a link that both sides have."""
    far = FarHost(tmp_path)
    for name in ("n.ipynb", "src/a.py", "src/b.py", "keep"):
        write(far.here / name, "first")
    (far.here / "link").symlink_to("keep")
    far.sync("up")
    return far


@pytest.mark.parametrize("mode", ["up", "down", "both"])
def test_what_both_edited_is_kept_on_both(mode: str, far: FarHost) -> None:
    """A notebook here and on the host: each side keeps its own, told in one line, until an option decides."""
    write(far.here / "n.ipynb", "mine")
    write(far.there / "n.ipynb", "theirs")
    told = far.sync(mode)
    assert list(told.conflicts) == ["n.ipynb"]
    assert [(side / "n.ipynb").read_text() for side in (far.here, far.there)] == ["mine", "theirs"]
    with pytest.raises(HostError, match=r"both versions are kept: n\.ipynb") as caught:
        told.check()
    assert "--keep" in caught.value.hint
    far.sync(mode, keep="host")
    assert [(side / "n.ipynb").read_text() for side in (far.here, far.there)] == ["theirs", "theirs"]


def test_what_only_the_host_edited_is_not_overwritten_by_up(far: FarHost) -> None:
    """Nor by a later edit of another file; a two-way sync brings it."""
    write(far.there / "n.ipynb", "theirs")
    write(far.here / "src/a.py", "mine")
    assert far.sync("up").sent_names == ("src/a.py",)
    assert (far.there / "n.ipynb").read_text() == "theirs"
    assert far.sync().brought_names == ("n.ipynb",)
    assert (far.here / "n.ipynb").read_text() == "theirs"


@pytest.mark.parametrize("mode", ["up", "both"])
def test_a_rename_and_an_edit_are_both_there(mode: str, far: FarHost) -> None:
    """Renamed here, edited there: the new name and the edit."""
    (far.here / "n.ipynb").rename(far.here / "N.ipynb")
    write(far.there / "n.ipynb", "theirs")
    far.sync(mode)
    assert {"N.ipynb", "n.ipynb"} <= set(names(far.there))
    assert (far.there / "n.ipynb").read_text() == "theirs"


@pytest.mark.parametrize("mode", ["up", "down", "both"])
def test_a_folder_in_the_place_of_a_file_or_link_replaces_nothing_new(mode: str, far: FarHost) -> None:
    """R5: the host's `ckpt` is a link to another disk; a folder here of that name leaves it and is told."""
    (far.there / "ckpt").symlink_to("/data/ckpt")
    write(far.here / "ckpt/x", "x")
    write(far.there / "data", "a file")
    write(far.here / "data/x", "x")
    told = far.sync(mode)
    assert {"ckpt"} <= told.left_alone.keys()
    assert {"data"} <= told.conflicts.keys()
    assert (far.there / "ckpt").is_symlink()
    assert (far.there / "data").read_text() == "a file"
    assert (far.here / "ckpt/x").read_text() == (far.here / "data/x").read_text() == "x"


def test_odd_names_travel_both_ways(far: FarHost) -> None:
    """Line breaks, spaces, %, both unicode forms of one letter, names that differ by case, a leading dash."""
    odd = ["a\nb", "x y", "%s %%", COMPOSED, DECOMPOSED, "case", "CASE", "-r", "[1]*", "it's", "\\"]
    for name in odd:
        write(far.here / name, name)
        write(far.there / f"from host {name}", name)
    far.sync()
    assert names(far.here) == names(far.there)
    assert {(far.there / name).read_text() for name in odd} == set(odd)
    (far.here / "case").rename(far.here / "Case")
    far.sync()
    assert {"Case", "CASE"} <= set(names(far.there))
    assert "case" not in names(far.there)


def test_only_what_can_be_kept_is_taken_of_a_file(far: FarHost) -> None:
    """U10: no owner and no group; a private file stays private, the executable bit travels, setuid not."""
    write(far.there / "tool", "x")
    (far.there / "tool").chmod(0o4755)
    write(far.there / "private", "x")
    (far.there / "private").chmod(0o600)
    before = far.here.stat()
    far.sync("down")
    assert (far.here / "tool").stat().st_mode & 0o7777 == 0o755
    assert (far.here / "private").stat().st_mode & 0o777 == 0o600
    after = far.here.stat()
    assert (before.st_mode, before.st_uid) == (after.st_mode, after.st_uid)
    if os.getuid() == 0:
        os.chown(far.there / "tool", 1000, 1000)
        write(far.there / "tool", "changed")
        far.sync("down")
        assert (far.here / "tool").stat().st_uid == 0


def test_another_projects_folder_is_refused(far: FarHost, tmp_path: Path) -> None:
    """U11: by its mark; where something would come, one with files and no mark, too; --join merges."""
    (tmp_path / "b").mkdir()
    other = FarHost(tmp_path / "b")
    shutil.rmtree(other.there, ignore_errors=True)
    shutil.copytree(far.there, other.there)
    write(other.here / "n.ipynb", "another")
    write(other.here / "new", "x")
    with pytest.raises(HostError, match="belongs to") as caught:
        other.sync("up")
    assert "--join" in caught.value.hint
    shutil.rmtree(other.there / STATE)
    with pytest.raises(HostError, match="has files that no sync of yours put there"):
        other.sync()
    assert names(other.here) == ["n.ipynb", "new"]
    told = other.sync("up", join=True)
    assert list(told.conflicts) == ["n.ipynb"]
    assert (other.there / "n.ipynb").read_text() == "first"
    assert set(names(other.there)) == {*names(far.there), "new"}


def test_an_emptied_side_is_not_taken_for_deletions(far: FarHost) -> None:
    """A disk that is not mounted, a host made anew: nothing is done until a person decides."""
    for path in far.there.iterdir():
        if path.name != STATE:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(HostError, match="are gone on the host; nothing was done"):
        far.sync()
    assert (far.here / "n.ipynb").read_text() == "first"
    shutil.rmtree(far.there)
    assert far.sync().sent_names
    assert names(far.there) == names(far.here)


def test_a_host_brings_nothing_that_runs_by_itself(far: FarHost) -> None:
    """S1: not into .git, no file of a tool that runs it, no link that leads out; each is told."""
    bad = [
        ".envrc",
        ".vscode/tasks.json",
        "src/.gitignore",
        ".GIT/config",
        "\u200c.git/x",
        "sitecustomize.py",
    ]
    for name in bad:
        write(far.there / name, "evil")
    (far.there / "out").symlink_to("../../../etc/passwd")
    write(far.there / "fine.py", "x")
    before = names(far.here)
    with pytest.raises(HostError, match="the host names"):
        far.sync("down")
    shutil.rmtree(far.there / ".GIT")
    shutil.rmtree(far.there / "\u200c.git")
    told = far.sync("down")
    assert names(far.here) == sorted([*before, "fine.py"])
    assert {".envrc", ".vscode", "src/.gitignore", "sitecustomize.py", "out"} <= told.left_alone.keys()


def test_a_host_cannot_take_away_what_guards_secrets(far: FarHost) -> None:
    """A .gitignore that is gone, or says `!secret`, would send the secret at the next sync."""
    write(far.here / ".gitignore", "secret\n")
    write(far.here / "secret", "key")
    far.sync()
    (far.there / ".gitignore").unlink()
    far.sync()
    write(far.there / ".gitignore", "!secret\n")
    far.sync()
    assert (far.here / ".gitignore").read_text() == "secret\n"
    assert not (far.there / "secret").exists()


def test_a_sender_that_adds_files_places_none(far: FarHost) -> None:
    """Whatever lies in the staging folder, only what was decided on is placed."""
    write(far.here / STATE / "stage/.git/hooks/pre-commit", "evil")
    write(far.here / STATE / "stage/stray.py", "evil")
    write(far.there / "fine.py", "x")
    before = names(far.here)
    far.sync("down")
    assert names(far.here) == sorted([*before, "fine.py"])


def test_a_program_that_holds_an_old_file_open_loses_nothing(far: FarHost) -> None:
    """What it writes after the file was replaced is found at the next sync and kept beside."""
    write(far.here / "log", "one")
    far.sync()
    with (far.there / "log").open("a") as writer:
        write(far.here / "log", "two")
        far.sync()
        writer.write("late")
    told = far.sync()
    assert (far.there / "log").read_text() == "two"
    assert (far.there / told.put_back[0].removesuffix(" on the host")).read_text() == "onelate"
