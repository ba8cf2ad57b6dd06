"""Random edits on both sides: what a sync leaves is what the definitions say, and nothing is ever lost."""

import random
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.sync.conversation import SyncRefused
from gpuinfra.features.sync.terms import SyncOutcome
from tests.features.sync import oracle
from tests.features.sync.folders import HERE, HOST, Crash, Folders, counter

HISTORIES = 15
# a crash closes nothing
crashes = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)


def did(outcome: SyncOutcome) -> list[str]:
    """Return all that a sync changed."""
    return [*outcome.sent, *outcome.brought, *outcome.deleted]


@pytest.mark.parametrize("first", range(0, 4 * HISTORIES, HISTORIES))
def test_a_sync_does_what_the_definitions_say(first: int, tmp_path: Path) -> None:
    """Exactly: both trees are the judge's, each conflict is told, and a second sync has nothing to do."""
    for seed in range(first, first + HISTORIES):
        history(tmp_path, seed)


def history(scratch: Path, seed: int) -> None:
    """Edit and sync for a while, and compare each sync with the judge's word."""
    chosen, folders = random.Random(seed), Folders(scratch, seed)
    before: oracle.Node = ("d", {})
    for _ in range(chosen.randrange(2, 9)):
        for _ in range(chosen.randrange(7)):
            folders.edit(chosen.randrange(2))
        mode = chosen.choice(["both", "both", "up", "down"])
        here, host = folders.trees()
        if oracle.emptied(before, here, host):
            with pytest.raises(SyncRefused, match="are gone on"):
                folders.sync(mode)
            assert folders.trees() == [here, host]
            return
        after, *wanted, conflicts = oracle.merge(before, here, host, mode)
        context = (seed, mode, before, here, host, folders.log)
        for is_again in (False, True):
            outcome = folders.sync(mode)
            assert folders.trees() == wanted, (is_again, context, outcome)
            assert len(outcome.conflicts) == conflicts, (is_again, context, outcome)
            assert outcome.failed | outcome.left_alone == {}, (is_again, context, outcome)
            assert not (is_again and did(outcome)), (context, outcome)
            if oracle.emptied(after, *wanted):
                return
        assert not folders.lost(), context
        before = after


@crashes
@pytest.mark.parametrize("first", range(0, 4 * HISTORIES, HISTORIES))
def test_edits_and_crashes_in_mid_sync_lose_nothing(first: int, tmp_path: Path) -> None:
    """At any line of either side; the next syncs converge, and all is there that no editor took away."""
    for seed in range(first, first + HISTORIES):
        disturbed(tmp_path, seed)


def disturbed(scratch: Path, seed: int) -> None:
    """Edit and sync for a while, all or a part; during each sync the power goes once, or editors go on."""
    chosen, folders = random.Random(seed), Folders(scratch, seed)
    for _ in range(5):
        for _ in range(chosen.randrange(1, 9)):
            folders.edit(chosen.randrange(2))
        is_crash = chosen.random() < 0.5

        def strike(is_crash: bool = is_crash) -> int:
            folders.log.append("crash" if is_crash else "race")
            if is_crash:
                raise Crash
            for _ in range(chosen.randrange(1, 4)):
                folders.edit(chosen.randrange(2))
            return chosen.randrange(1, 100)

        side, at = chosen.randrange(2), chosen.randrange(1, 1500)
        terms = {
            "mode": chosen.choice(["both", "both", "up", "down"]),
            "part": chosen.choice(["", "", "a", "b/c"]),
        }
        disturb(folders, terms, side, counter(at, strike))
        converge(folders, (seed, folders.log))
        assert not folders.lost(), (seed, folders.lost(), folders.log)


def disturb(folders: Folders, terms: dict[str, str], side: int, trace: Any) -> None:
    """Sync with a trace on one side."""
    before = sys.gettrace()
    sys.settrace(trace if side == HERE else before)
    try:
        folders.sync(**terms, trace=trace if side == HOST else None)
    except (Crash, SyncRefused, EOFError, BrokenPipeError, OSError):
        pass
    finally:
        sys.settrace(before)


def converge(folders: Folders, context: Any) -> None:
    """Sync until there is nothing to do; four times are enough."""
    for _ in range(4):
        outcome = synced(folders)
        if not outcome:
            return
        if not (did(outcome) or outcome.failed or outcome.left_alone or outcome.put_back):
            return
    raise AssertionError(("does not converge", outcome, context))


def synced(folders: Folders) -> SyncOutcome | None:
    """Sync; None: one side lost all that it had, and a person must act."""
    try:
        return folders.sync()
    except SyncRefused as refusal:
        if refusal.kind != "empty":
            raise
        return None


@crashes
@pytest.mark.parametrize("side", [HERE, HOST])
def test_nothing_that_was_deleted_comes_back_after_a_crash(side: int, tmp_path: Path) -> None:
    """The power goes at each line in turn, and what both had and one deleted is gone from both in the end."""
    at, crashed = 1, True
    while crashed:
        folders = Folders(tmp_path, 1)
        for name in ("stays", "theirs", "gone/a", "gone/b"):
            (folders.roots[HERE] / name).parent.mkdir(exist_ok=True)
            (folders.roots[HERE] / name).write_text(f"<{name}>")
        folders.sync()
        shutil.rmtree(folders.roots[HERE] / "gone")
        (folders.roots[HOST] / "theirs").unlink()
        (folders.roots[HOST] / "new").write_text("<new>")
        crashed = False

        def strike() -> int:
            nonlocal crashed
            crashed = True
            raise Crash

        disturb(folders, {"mode": "both"}, side, counter(at, strike))
        converge(folders, (side, at))
        left: oracle.Node = ("d", {name: ("f", f"<{name}>", False) for name in ("new", "stays")})
        assert folders.trees() == [left] * 2, (side, at)
        at += 7
