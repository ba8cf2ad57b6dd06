"""What both sides remember of the last sync: little changes, little is written; a loss is no deletion."""

import json
import os
import random
from contextlib import suppress
from pathlib import Path

import pytest

from gpuinfra.features.sync.conversation import SyncRefused
from gpuinfra.host.sync.records import STATE
from tests.features.sync.folders import HERE, HOST, Folders
from tests.mutations import changed

MANY, ROUNDS = 200, 20


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """A project of many files that both sides have."""
    folders = Folders(tmp_path, 0)
    for number in range(MANY):
        path = folders.roots[HERE] / f"file-{number}"
        path.write_text("first")
        os.utime(path, (1e9, 1e9))  # one that was just written would be looked at again
    folders.sync()
    return folders


def bases(folders: Folders) -> list[Path]:
    """Return the files with all records, of each side one."""
    return [next((root / STATE).glob("base-*")) for root in folders.roots]


def test_a_small_change_writes_no_record_of_all_files(folders: Folders) -> None:
    """Ten thousand records would cost more than the change; what was remembered still holds."""
    before = bases(folders)
    for text in ("second", "third"):
        (folders.roots[HERE] / "file-1").write_text(text)
        (folders.roots[HOST] / "file-2").write_text(text)
        (folders.roots[HERE] / f"new-{text}").write_text(text)
        folders.sync()
    (folders.roots[HERE] / "file-3").unlink()
    folders.sync()
    assert bases(folders) == before
    assert sum(path.stat().st_size for path in (folders.roots[HOST] / STATE).glob("manifest-*")) < 1000
    assert folders.trees()[HERE] == folders.trees()[HOST]
    assert not (folders.roots[HOST] / "file-3").exists()
    again = folders.sync()
    assert [again.sent, again.brought, again.deleted, again.conflicts] == [[], [], [], {}]


def test_a_large_change_makes_another_base(folders: Folders) -> None:
    """Of which each side keeps one."""
    before = bases(folders)
    for number in range(MANY // 2):
        (folders.roots[HERE] / f"file-{number}").write_text("second")
    folders.sync()
    assert not set(before) & set(bases(folders))
    for root in folders.roots:
        assert len(list((root / STATE).glob("base-*"))) == 1


@pytest.mark.parametrize("side", [HERE, HOST])
def test_a_lost_base_deletes_nothing(folders: Folders, side: int) -> None:
    """Nothing is known of before then: what one side deleted comes back, what both have stays."""
    bases(folders)[side].unlink()
    (folders.roots[HERE] / "file-1").unlink()
    (folders.roots[HOST] / "file-2").unlink()
    outcome = folders.sync()
    assert (outcome.sent, outcome.brought, outcome.deleted) == (["file-2"], ["file-1"], [])
    assert not folders.sync().conflicts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "[1, 2]",
        '["id", 5, "base-x"]',
        '["id", {}, 7]',
        '["id", []]',
        "[" * 10**5,
        '[["id"], {}]',
    ]
    + [f'["id", {{"file-2": {record}}}]' for record in ('{"a": 5}', '["f"]', "5", '"d"', '["x", 1]', "[[]]")],
)
def test_what_is_no_manifest_is_nothing_that_is_known(text: str, folders: Folders) -> None:
    """It may have come with somebody else's folder: nothing is deleted by it, and nothing breaks."""
    (folders.roots[HERE] / STATE / "manifest").write_text(text)
    (folders.roots[HOST] / "file-2").unlink()
    outcome = folders.sync()
    assert (outcome.sent, outcome.deleted) == (["file-2"], [])


@pytest.mark.parametrize("side", [HERE, HOST])
def test_no_record_of_a_wrong_shape_breaks_a_sync(side: int, tmp_path: Path) -> None:
    """Whatever somebody wrote into our folder, on either side: at worst nothing is known of before."""
    by_chance = random.Random(side)
    for seed in range(ROUNDS):
        folders = Folders(tmp_path, seed)
        for name in ("one", "two", "folder/three"):
            path = folders.roots[HERE] / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(name)
        (folders.roots[HERE] / "link").symlink_to("one")
        folders.sync()
        (folders.roots[1 - side] / "one").write_text("else")
        for kept in (folders.roots[side] / STATE).iterdir():
            if kept.name.startswith(("manifest", "base", "journal", "owner")):
                kept.write_text(json.dumps(changed(kept.read_text(), by_chance)))
        with suppress(SyncRefused):  # another owner, or the folder seems emptied: in words
            folders.sync()
