"""Few small files go along with the request that places them: as they are, or not at all."""

from pathlib import Path

import pytest

from gpuinfra.features.sync.conversation import Conversation, SyncRefused
from gpuinfra.features.sync.host_session import opened
from gpuinfra.features.sync.mover import contents
from gpuinfra.ground.errors import HostError
from gpuinfra.host.sync.records import STATE
from gpuinfra.host.sync.scan import Scan
from tests.features.sync.far_host import FarHost, names, write
from tests.features.sync.folders import Pipe

WORK = {"puts": ["a"], "away": [], "folders": [], "links": {}, "sent": [], "agreed": [], "dropped": []}


def test_few_files_arrive_as_they_are_without_rsync(tmp_path: Path) -> None:
    """Odd names, modes, times to the nanosecond, an empty one; a second sync sends none."""
    far = FarHost(tmp_path, environ={"PATH": str(tmp_path)})  # no rsync here
    for name in ("new/-1 %\n.txt", "new/deep/b", "\u00e9"):
        write(far.here / name, name)
    (far.here / "tool").touch(mode=0o755)
    far.sync("up")
    assert names(far.there) == names(far.here)
    for name in names(far.here):
        here, there = (far.here / name).stat(), (far.there / name).stat()
        assert (here.st_mtime_ns, here.st_mode) == (there.st_mtime_ns, there.st_mode), name
        assert (far.here / name).read_text() == (far.there / name).read_text()
    assert far.sync("up").names == far.sync().names == ()


def test_a_file_that_changes_after_the_look_waits(tmp_path: Path) -> None:
    """What is sent is what was looked at; a link in its place is not followed, nor a pipe waited for."""
    for name in ("same", "grown", "gone"):
        write(tmp_path / name, "text")
    scan = Scan(str(tmp_path), {})
    write(tmp_path / "grown", "longer text")
    given, data = contents(scan, ["grown", "same"])
    assert ([path for path, *_ in given], data) == (["same"], b"text")
    (tmp_path / "gone").unlink()
    (tmp_path / "gone").symlink_to("same")
    with pytest.raises(OSError, match="gone"):
        contents(scan, ["gone"])


def test_a_refusal_is_heard_though_bytes_follow(tmp_path: Path) -> None:
    """The host cannot write: all that was sent is taken off the connection before it says so."""
    pipe = Pipe(tmp_path)
    try:
        talk = Conversation(pipe.replies, pipe.requests)
        begin(talk)
        size = 1 << 20
        given = [["x" * 300, 0o644, 0, size]]
        talk.send("place", bytes(size), id="1", work={**WORK, "puts": []}, failed=[], given=given)
        with pytest.raises(SyncRefused, match="File name too long") as refused:
            talk.hear({})
        assert refused.value.kind == "os"
    finally:
        pipe.close()


def test_a_connection_that_ends_amid_the_bytes_places_nothing(tmp_path: Path) -> None:
    """Half a file never gets a name in the project."""
    write(tmp_path / "a", "old")
    pipe = Pipe(tmp_path)
    talk = Conversation(pipe.replies, pipe.requests)
    begin(talk)
    talk.send("place", b"ne", id="1", work=WORK, failed=[], given=[["a", 0o644, 0, 3]])
    pipe.close()
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]
    assert not list((tmp_path / STATE).glob("manifest-*"))


def test_a_full_disk_on_the_host_has_its_next_command(tmp_path: Path) -> None:
    """As when rsync meets it."""
    far = FarHost(tmp_path)
    ssh = [str(far.ssh), "gpuinfra-default"]
    full = SyncRefused("[Errno 28] No space left on device: '/home/ubuntu/p/a'", kind="os")
    with pytest.raises(HostError, match="a disk is full") as caught, opened(ssh, "project", stack="default"):
        raise full
    assert caught.value.hint == "gpuinfra ssh -- df -h"


def begin(talk: Conversation) -> None:
    """Let the host look, as the first sync of a project does."""
    asked = {"project": "p", "who": "here:/p", "unmarked_too": True, "join": False}
    talk.ask("scan", {}, **asked, id="", part="", excluded=[])
