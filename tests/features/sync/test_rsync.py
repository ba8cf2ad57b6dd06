"""The rsync adapter: its command line, and its failures as words."""

import os
from pathlib import Path

import pytest

from gpuinfra.features.sync.rsync import Rsync, command, failure
from gpuinfra.features.sync.sync import SyncRequest
from gpuinfra.ground.errors import ConfigError, GpuInfraError, HostError, Unreachable
from tests.fakes.host import LocalSsh
from tests.samples import host

SSH = ["/usr/bin/ssh", "-F", "/c/default.conf", "gpuinfra-default"]


def test_up_and_down_differ_in_their_ends_only() -> None:
    """The host's side is ~/project of our alias, over our configuration; no -z unless asked.

    Coming down, and where something would be deleted, the host's own ignore files count, too.
    """
    up = command("rsync", SSH, SyncRequest(up=True, root=Path("/p")), live=False)
    down = command("rsync", SSH, SyncRequest(up=False, root=Path("/p")), live=False)
    assert up[-2:] == ["/p/", "gpuinfra-default:project/"] == down[:-3:-1]
    own = ["--filter=:- .gitignore", "--filter=:- .gpuinfraignore"]
    assert [*up[:-3], *own, "--"] == down[:-2]
    deleting = command("rsync", SSH, SyncRequest(up=True, root=Path("/p"), delete=True), live=False)
    assert {"--filter=:-r .gitignore", "--filter=:e .gpuinfra-keep"} <= set(deleting)
    assert "/usr/bin/ssh -F '/c/default.conf'" in up
    assert not {"-z", "--compress", "--delete-after", "--dry-run"} & set(up)


def test_options_are_passed_on_only_when_asked() -> None:
    """Above all --delete."""
    order = SyncRequest(up=True, root=Path("/p"), delete=True, dry_run=True, compress=True)
    assert {"--delete-after", "--dry-run", "--compress"} <= set(command("rsync", SSH, order, live=True))


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
    """With the command that installs it."""
    with pytest.raises(ConfigError, match="rsync is not installed on this machine") as caught:
        Rsync(LocalSsh(*SSH), {**os.environ, "PATH": str(tmp_path)}).run(
            host(), SyncRequest(up=True, root=tmp_path)
        )
    assert "install" in caught.value.hint
