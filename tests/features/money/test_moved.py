"""A host that goes on for another one: its history has no hole, and no time twice."""

from pathlib import Path

from gpuinfra.features.money import moved
from gpuinfra.features.money.rates import RUNNING, STOPPED, Span
from tests.fakes.world import FakeStackFiles

OLDEST, OLD, NEW = "i-1", "i-2", "i-3"


def span(state: str, began: float, ended: float | None) -> Span:
    """Return a time of a host."""
    return Span(state=state, instance_type="g4dn.xlarge", market="on-demand", began=began, ended=ended)


def test_a_chain_of_hosts_is_followed_to_the_first(tmp_path: Path) -> None:
    """Each move is kept once, whoever notes it again; a damaged line hides no other."""
    files = FakeStackFiles(tmp_path)
    assert moved.before(files, NEW) == []
    for new, old in ((OLD, OLDEST), (NEW, OLD), (NEW, OLD), (NEW, NEW)):
        moved.note(files, new=new, old=old)
    path = tmp_path / moved.FILE
    path.write_bytes(path.read_bytes() + b'{"new": \n')
    assert (moved.before(files, NEW), moved.before(files, OLDEST)) == ([OLDEST, OLD], [])
    assert path.read_text().count("new") == 3
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_circle_in_a_damaged_file_ends(tmp_path: Path) -> None:
    """Nothing hangs."""
    files = FakeStackFiles(tmp_path)
    moved.note(files, new=NEW, old=OLD)
    moved.note(files, new=OLD, old=NEW)
    assert moved.before(files, NEW) == [OLD]


def test_a_host_ends_where_the_next_one_begins() -> None:
    """Nobody may have seen when the old one was terminated: it would count as stopped for ever."""
    old = [span(RUNNING, 0, 10), span(STOPPED, 10, None)]
    new = [span(RUNNING, 50, None)]
    assert moved.joined([old, new]) == [span(RUNNING, 0, 10), span(STOPPED, 10, 50), *new]
    assert moved.joined([old, []]) == old
