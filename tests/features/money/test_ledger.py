"""What our commands saw of a host: written in one step, read whatever happened to the file."""

import dataclasses
from pathlib import Path

import pytest

from gpuinfra.features.money import ledger
from gpuinfra.features.money.ledger import FILE, Ledger
from gpuinfra.ground.model import Instance
from tests.fakes.world import RUNNING, FakeStackFiles

NOW = 1_796_000_000.0
SEEN = dataclasses.replace(RUNNING, launched="2026-11-29T20:00:00Z", since="2026-11-29T20:00:00Z")
WHOLE = (
    b'{"at": 1, "instance_id": "i-1", "state": "running", "instance_type": "g5.xlarge", "market": "spot",'
    b' "launched": 1000}\n'
)
OFF = dataclasses.replace(SEEN, state="stopped", since="2026-11-29T21:00:00Z")


class Book:
    """A ledger whose clock the test sets."""

    def __init__(self, directory: Path) -> None:
        self.at = NOW
        self.path = directory / FILE
        self.ledger = Ledger(directory, now=lambda: self.at)

    def note(self, instance: Instance, after_s: float = 0.0) -> None:
        """Let time pass, and note."""
        self.at += after_s
        self.ledger.note(instance)

    def states(self) -> list[str]:
        """Return the states of all that was seen."""
        return [one.state for one in self.ledger.sightings()]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """An empty one."""
    return Book(tmp_path)


def test_what_was_seen_is_read_again(book: Book) -> None:
    """With AWS's times, and this machine's, in seconds; for its owner only."""
    book.note(SEEN)
    (one,) = book.ledger.sightings()
    assert (one.at, one.instance_id, one.state) == (NOW, SEEN.instance_id, "running")
    assert (one.launched, one.since, one.made) == (1_795_982_400.0, 1_795_982_400.0, None)
    assert book.path.stat().st_mode & 0o777 == 0o600


def test_it_lies_in_the_directory_of_the_stack(tmp_path: Path) -> None:
    """Beside its state; another stack has its own."""
    ledger.of(FakeStackFiles(tmp_path)).note(SEEN)
    assert (tmp_path / FILE).exists()


def test_what_has_not_changed_is_not_written_each_time(book: Book) -> None:
    """`status` in a loop does not fill the disk; after ten minutes it is written again."""
    book.note(SEEN)
    for _ in range(9):
        book.note(SEEN, after_s=60)
    assert len(book.states()) == 1
    book.note(SEEN, after_s=60)
    assert len(book.states()) == 2
    book.note(OFF, after_s=1)
    book.note(SEEN, after_s=1)
    assert book.states() == ["running", "running", "stopped", "running"]


def test_the_look_before_a_start_is_always_written(book: Book) -> None:
    """It says until when the host was off: a stop of minutes counted as running, its end unseen."""
    book.note(OFF)
    book.at += 60
    book.ledger.note(OFF, always=True)
    assert [one.at for one in book.ledger.sightings()] == [NOW, NOW + 60]


def test_an_instance_without_a_start_is_not_written(book: Book) -> None:
    """AWS does not say when it was launched: nothing can be counted from it."""
    book.note(dataclasses.replace(SEEN, launched=""))
    assert not book.path.exists()


def test_a_host_that_aws_has_forgotten(book: Book) -> None:
    """It is gone since then at the latest; one that nobody saw before is none."""
    book.ledger.note_gone(SEEN.instance_id)
    book.note(SEEN)
    book.at += 5
    book.ledger.note_gone(SEEN.instance_id)
    book.ledger.note_gone(SEEN.instance_id)
    first, last = book.ledger.sightings()
    assert (last.state, last.at, last.since, last.launched) == ("terminated", NOW + 5, None, first.launched)


@pytest.mark.parametrize(
    "damage",
    [
        b"{",
        b"null\n",
        b"[1]\n",
        b"\xff\xfe\x00\n",
        b'{"at": "x"}\n',
        WHOLE.replace(b'"g5.xlarge"', b"5"),
        WHOLE.replace(b"1000", b'"1000"'),
        WHOLE.replace(b"1000", b"1e30"),
        WHOLE.replace(b"1000", b"-1e13"),
        WHOLE.replace(b"1000", b"NaN"),
        b"[" * 100_000 + b"\n",
    ],
)
def test_a_damaged_line_costs_only_itself(damage: bytes, book: Book) -> None:
    """The disk was full, or somebody edited it: what stands before and after is read."""
    book.note(SEEN)
    with book.path.open("ab") as out:
        out.write(damage)
    book.note(OFF, after_s=9)
    assert book.states() == ["running", "stopped"]


def test_what_a_newer_version_writes_beside_it_is_no_damage(book: Book) -> None:
    """A line with one name more is read."""
    book.note(SEEN)
    book.path.write_text(book.path.read_text().replace('"at"', '"new": 1, "at"'))
    assert book.states() == ["running"]


def test_what_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    """No directory, or a planted link: `status` goes on."""
    nowhere = Ledger(tmp_path / "none")
    nowhere.note(SEEN)
    assert nowhere.sightings() == []
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    Ledger(tmp_path).note(SEEN)
    assert not (tmp_path / "elsewhere").exists()
