"""The rsync adapter: its command line, and its failures as words."""

import os
import shutil
from pathlib import Path

import pytest

from gpuinfra.features.sync.mover import MANY
from gpuinfra.features.sync.rsync import command, failure
from gpuinfra.features.sync.sync import SyncRequest
from gpuinfra.ground.errors import ConfigError, GpuInfraError, HostError, Unreachable
from tests.features.sync.far_host import FarHost, names, write, write_large

SSH = ["/usr/bin/ssh", "-F", "/c/default.conf", "gpuinfra-default"]


def test_up_and_down_differ_in_their_ends_only() -> None:
    """The host's side is the project's folder by our alias, over our configuration; no -z unless asked.

    Files go into the staging folder of the other side; nothing is deleted or taken beside by rsync itself.
    """
    request = SyncRequest(mode="both", root=Path("/p"))
    up = command("rsync", SSH, request, up=True)
    down = command("rsync", SSH, request, up=False)
    assert up[-2:] == ["/p/", "gpuinfra-default:p/.gpuinfra-sync/stage/"]
    assert down[-2:] == ["gpuinfra-default:p/", "/p/.gpuinfra-sync/stage/"]
    assert up[:-2] == down[:-2]
    assert "/usr/bin/ssh -F '/c/default.conf'" in up
    assert not {"-z", "--compress", "-a", "-l", "-o", "-r", "--delete"} & set(up)


def test_options_are_passed_on_only_when_asked() -> None:
    """--compress."""
    request = SyncRequest(mode="up", root=Path("/p"), compress=True)
    assert "--compress" in command("rsync", SSH, request, up=True)


# Packs zeros in place of the files, one of which is gone then.
TAR = """\
#!/bin/sh
[ "$1" = -c ] || exec {real} "$@"
for word; do
    shift
    [ "$word" != {here} ] || word={zeros}
    set -- "$@" "$word"
done
{real} "$@"
rm {gone}
exit 1
"""


@pytest.mark.parametrize(
    ("code", "words", "kind", "says"),
    [
        (
            127,
            "bash: line 1: rsync: command not found\nrsync error: ...",
            HostError,
            "not installed on the host",
        ),
        (255, "ssh: connect to host x port 22: Connection refused", Unreachable, "Connection refused"),
        (12, "client_loop: send disconnect: Broken pipe\nrsync error: (code 12)", Unreachable, "Broken pipe"),
        (11, 'rsync: write failed on "x": No space left on device (28)', HostError, "disk is full"),
        (255, "Host key verification failed.", HostError, "host's key"),
        (
            2,
            "protocol version mismatch -- is your shell clean?\n(see the man page ...)",
            HostError,
            "login shell",
        ),
        (1, "rsync: unrecognized option `--info=progress2'", ConfigError, "too old"),
        (
            23,
            'rsync: send_files failed to open "/p/x": Permission denied (13)',
            HostError,
            "Permission denied",
        ),
    ],
)
def test_failures_are_told_in_words(code: int, words: str, kind: type[GpuInfraError], says: str) -> None:
    """Each has its reason; only what may pass by itself is Unreachable, so that watch tries no disk again."""
    error = failure(code, words, stack="default")
    assert type(error) is kind
    assert says in error.message


def test_a_missing_rsync_is_explained(tmp_path: Path) -> None:
    """With the command that installs it; where nothing, or little, has to be moved it is not missed."""
    far = FarHost(tmp_path, environ={**os.environ, "PATH": str(tmp_path)})
    far.sync("up")
    write(far.here / "a.py", "x")
    far.sync("up")
    write_large(far.here / "data")
    with pytest.raises(ConfigError, match="rsync is not installed on this machine") as caught:
        far.sync("up")
    assert "install" in caught.value.hint


@pytest.mark.skipif(not shutil.which("rsync"), reason="needs rsync: apt-get install rsync")
def test_many_files_arrive_as_they_are(tmp_path: Path) -> None:
    """By whatever way is the quickest: odd names, modes, times to the nanosecond; a second sends none."""
    far = FarHost(tmp_path)
    for number in range(MANY + 1):
        write(far.here / f"many/{number % 7}/-{number} %\n.txt", str(number))
    (far.here / "many/tool").touch(mode=0o755)
    far.sync("up")
    assert names(far.there) == names(far.here)
    for name in names(far.here):
        here, there = (far.here / name).stat(), (far.there / name).stat()
        assert (here.st_mtime_ns, here.st_mode) == (there.st_mtime_ns, there.st_mode), name
        assert (far.here / name).read_text() == (far.there / name).read_text()
    assert far.sync("up").names == far.sync().names == ()


@pytest.mark.skipif(not shutil.which("rsync"), reason="needs rsync: apt-get install rsync")
def test_what_tar_cannot_vouch_for_goes_by_rsync(tmp_path: Path) -> None:
    """tar fills up with zeros what shrank while it was read, and exits with 1: none of that stays."""
    environ = {**os.environ, "PATH": f"{tmp_path}/tools:{os.environ['PATH']}"}
    far = FarHost(tmp_path, environ=environ)
    for number in range(MANY + 1):
        write(far.here / str(number), "text")
        write(tmp_path / "zeros" / str(number), "\0\0\0\0")
    tar = tmp_path / "tools/tar"
    gone = far.here / "7"
    write(tar, TAR.format(real=shutil.which("tar"), here=far.here, zeros=tmp_path / "zeros", gone=gone))
    tar.chmod(0o755)
    result = far.sync("up")
    assert names(far.there) == names(far.here)
    assert not (far.there / "7").exists()
    assert {(far.there / name).read_text() for name in names(far.there)} == {"text"}
    assert "7" not in result.names
    assert far.sync("up").names == ()
