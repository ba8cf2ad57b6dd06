"""The copy of a disk that a move has left costs money: it is in the sums, and no line says otherwise."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gpuinfra.features.money import disk_copies, moved
from gpuinfra.features.money.prices import Prices
from gpuinfra.features.provision.status import status
from gpuinfra.ground.disk_copy import DiskCopy
from gpuinfra.ground.errors import CloudError, MayNot
from gpuinfra.ground.model import Tags
from tests.fakes.host import FakeCloud, fake_world
from tests.fakes.prices import FakePriceList
from tests.fakes.world import RECORDED, RUNNING, SETTINGS, FakeStackFiles
from tests.samples import host

HOST = host()

OLD, NEW = "i-2", "i-3"


def copy_of(instance_id: str, image_id: str) -> DiskCopy:
    """Return the copy of a host's disk."""
    return DiskCopy(
        image_id=image_id,
        state="available",
        instance_id=instance_id,
        launched="2026-01-01T00:00:00Z",
        size_gb=128,
    )


def test_a_copy_is_that_of_the_host_which_goes_on(tmp_path: Path) -> None:
    """Each is noted once, by whoever sees it again; damaged lines hide no other, what is gone is not kept."""
    files = FakeStackFiles(tmp_path)
    assert disk_copies.kept(files, OLD) is None
    for image_id, at in (("ami-1", 10.0), ("ami-1", 20.0), ("", 30.0)):
        disk_copies.note(files, copy_of(OLD, image_id), at)
    disk_copies.note(files, copy_of("i-foreign", "ami-9"), 40.0)
    moved.note(files, new=NEW, old=OLD)
    path = tmp_path / disk_copies.FILE
    path.write_bytes(path.read_bytes() + b'{"image_id": \n{"image_id": "ami-7", "ended": 1}\n[]\n')
    assert [(it.image_id, it.began) for it in disk_copies.of_host(files, NEW)] == [("ami-1", 10.0)]
    disk_copies.note_gone(files, ["ami-1", "ami-5"], 3610.0)
    disk_copies.note_gone(files, ["ami-1"], 9999.0)
    assert disk_copies.kept(files, NEW) is None
    assert [it.ended for it in disk_copies.of_host(files, NEW)] == [3610.0]
    assert path.stat().st_mode & 0o777 == 0o600


WHOLE = '{"image_id": "ami-1", "instance_id": "i-2", "size_gb": %s, "began": %s}\n'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null\n",
        "[1]\n",
        '{"image_id": "ami-1", "began": "x"}\n',
        *(WHOLE % (8, began) for began in ("NaN", "1e400", "1e30", "-5", '"1"')),
        *(WHOLE % (size, 1) for size in ("1e400", "-8", '"8"', "8.5")),
        "[" * 100_000,
    ],
)
def test_a_damaged_file_is_none(text: str, tmp_path: Path) -> None:
    """It keeps no command from its work."""
    (tmp_path / disk_copies.FILE).write_text(text)
    assert disk_copies.of_host(FakeStackFiles(tmp_path), OLD) == []


def test_it_is_billed_from_its_making_to_its_end(tmp_path: Path, book: Callable[..., Prices]) -> None:
    """Each by its size, for its own time; of a month that began later for the rest; unknown where it is."""
    files, prices = FakeStackFiles(tmp_path), book(FakePriceList())
    now = 1460 * 3600.0
    assert disk_copies.spent_on(files, HOST, prices, now=now) == []
    disk_copies.note(files, copy_of(HOST.instance_id, "ami-1"), 0.0)
    disk_copies.note_gone(files, ["ami-1"], 730 * 3600.0)
    disk_copies.note(files, copy_of(HOST.instance_id, "ami-2"), 730 * 3600.0)
    (whole,) = disk_copies.spent_on(files, HOST, prices, now=now)
    assert whole.usd == pytest.approx(2 * 6.4)
    (half,) = disk_copies.spent_on(files, HOST, prices, now=now, since=1095 * 3600.0)
    assert half.usd == pytest.approx(3.2)
    (unknown,) = disk_copies.spent_on(files, HOST, book(None, region="eu-west-1"), now=now)
    assert unknown.usd is None


def test_status_tells_of_it(tmp_path: Path) -> None:
    """Not "only its disk costs money"; of a host that is gone the copy is all that is left of its disk."""
    cloud = FakeCloud(instance=replace(RUNNING, state="stopped", public_ip=""))
    record = replace(RECORDED, tags=None)  # as of old: nobody is asked whether it is still there
    world = fake_world(tmp_path, cloud=cloud, records=(record,))
    disk_copies.note(world.files, copy_of(RUNNING.instance_id, "ami-1"), 0.0)
    shown = status(world)
    assert shown.note.startswith("stopped: only its disk and disk copy cost money;")
    assert "copy       ami-1, of its disk," in shown.text()
    gone = fake_world(tmp_path, cloud=FakeCloud(instance=None), records=(record,))
    assert status(gone).note.endswith("; gpuinfra start makes it again from the copy of its disk")
    disk_copies.note_gone(world.files, ["ami-1"], 1.0)
    assert status(world).copy == ""


@pytest.mark.parametrize(
    ("there", "is_kept"),
    [(["ami-1"], True), (["ami-2"], False), (MayNot("no"), True), (CloudError("lost"), True)],
)
def test_one_that_somebody_removed_is_told_no_more(
    there: list[str] | CloudError, is_kept: bool, tmp_path: Path
) -> None:
    """In the console, say: AWS is asked where one is written down, and nowhere else."""
    asked: list[str] = []

    def copies(region: str, _: Tags) -> list[DiskCopy]:
        asked.append(region)
        if isinstance(there, CloudError):
            raise there
        return [copy_of(RUNNING.instance_id, it) for it in there]

    cloud = FakeCloud(instance=replace(RUNNING, state="stopped", public_ip=""))
    record = replace(RECORDED, tags=SETTINGS.tags)
    world = replace(fake_world(tmp_path, cloud=cloud, records=(record,)), disk_copies=copies)
    assert (status(world).copy, asked) == ("", [])
    disk_copies.note(world.files, copy_of(RUNNING.instance_id, "ami-1"), 0.0)
    assert (bool(status(world).copy), asked) == (is_kept, [host().region])
