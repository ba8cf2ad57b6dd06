"""The bundle of the host's programs: its archive, its way onto the host, and what is done to it there."""

import hashlib
import io
import json
import subprocess
import tarfile
from pathlib import Path
from typing import IO, cast

import pytest

from gpuinfra.ground.errors import HostError
from gpuinfra.tools.ssh import host_bundle
from tests.fakes.host import client
from tests.fakes.jobs import asked, local_ssh, run
from tests.samples import host
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[3]
LIST = {"verb": "list", "flags": ""}


def unpacked(home: Path) -> Path:
    """Return the one bundle on the host."""
    (bundle,) = (home / ".cache/gpuinfra").iterdir()
    return bundle


def test_the_archive_is_a_tar_of_the_files_of_host() -> None:
    """The same files make the same bytes, for their owner alone; nothing of host/ is left out."""
    files = host_bundle.files()
    with tarfile.open(fileobj=io.BytesIO(host_bundle.archive(files))) as tar:
        members = {m.name: (m.mode, cast("IO[bytes]", tar.extractfile(m)).read()) for m in tar}
    paths = [p for p in (ROOT / "gpuinfra/host").rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    names = {str(p.relative_to(ROOT)) for p in [ROOT / "gpuinfra/__init__.py", *paths]}
    assert members == {name: (0o600, (ROOT / name).read_bytes()) for name in names}
    assert host_bundle.archive(files) == host_bundle.archive(host_bundle.files())


def test_the_bundle_is_sent_once_and_kept_for_its_owner_alone(home: Path) -> None:
    """A second session says that it is there, and nothing is sent; the directory is private and whole."""
    ssh, files = local_ssh(home), host_bundle.files()
    client(ssh).ask(host(), LIST, timeout_s=PATIENCE_S)
    bundle = unpacked(home)
    assert bundle.name == f"host-{host_bundle.digest(files)}"
    assert bundle.stat().st_mode & 0o077 == 0
    for name, data in files:
        assert (bundle / name).read_bytes() == data
    argv = [*ssh, "--", host_bundle.command(["true"], files)]
    assert subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True).stdout == host_bundle.HAVE


@pytest.mark.parametrize("change", ["edited", "deleted", "added"])
def test_a_bundle_that_was_changed_on_the_host_is_replaced(home: Path, change: str) -> None:
    """What was changed is never run: its digest is no longer its name."""
    ssh = local_ssh(home)
    client(ssh).ask(host(), LIST, timeout_s=PATIENCE_S)
    jobs = unpacked(home) / "gpuinfra/host/jobs"
    if change == "edited":
        (jobs / "handlers.py").write_text("import sys\nsys.exit('tampered')\n")
    elif change == "deleted":
        (jobs / "frames.py").unlink()
    else:
        (jobs / "stranger.py").write_text("")
    assert client(ssh).ask(host(), LIST, timeout_s=PATIENCE_S) == []
    assert not (jobs / "stranger.py").exists()
    assert (jobs / "handlers.py").read_bytes() == (ROOT / "gpuinfra/host/jobs/handlers.py").read_bytes()


def test_an_archive_that_is_not_its_name_is_refused(home: Path) -> None:
    """The host counts what it has unpacked before it gives it the name; nothing is left and nothing runs."""
    files = host_bundle.files()
    argv = [*local_ssh(home), "--", host_bundle.command(["echo", "ran"], files)]
    packed = host_bundle.archive([*files[:-1], (files[-1][0], b"other")])
    done = subprocess.run(argv, input=b"%d\n" % len(packed) + packed, capture_output=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stdout) == (5, host_bundle.NEED)
    assert b"could not be unpacked" in done.stderr
    assert list((home / ".cache/gpuinfra").iterdir()) == []


NOISY = "alias exec=false; cd /usr; echo Welcome; printf 'no line end'; export PYTHONPATH=/nowhere"


def noisy(home: Path, lines: str) -> list[str]:
    """Return an ssh whose login shell does this first, as ~/.bashrc does."""
    ssh = local_ssh(home)
    program = Path(ssh[0])
    text = program.read_text().replace(
        'exec sh -c "$last"', f'exec bash -c "shopt -s expand_aliases\n{lines}\n$last"'
    )
    assert lines in text
    program.write_text(text)
    return ssh


def test_what_the_login_shell_says_before_us_disturbs_nothing(home: Path) -> None:
    """A banner, another directory, aliases, PYTHONPATH: replies, streams and exit codes are as ever."""
    ssh = noisy(home, NOISY)
    assert client(ssh).ask(host(), LIST, timeout_s=PATIENCE_S) == []
    done = run(ssh, asked("echo out; echo err >&2; pwd; exit 3"))
    assert (done.returncode, done.stdout) == (3, f"out\n{home}/project\n".encode())
    assert done.stderr == b"err\n"


def test_a_directory_with_a_module_of_the_name_of_one_of_pythons_is_no_trap(home: Path) -> None:
    """The programs start neither from the user's directory nor with its files in sight."""
    (home / "select.py").write_text("raise SystemExit('the file of the user')")
    (home / "os.py").write_text("raise SystemExit('the file of the user')")
    assert client(local_ssh(home)).ask(host(), LIST, timeout_s=PATIENCE_S) == []


def test_a_login_shell_that_becomes_something_else_is_named(home: Path) -> None:
    """As by `exec tmux`: the error shows what came instead, and where to look."""
    ssh = noisy(home, "exec echo open terminal failed: not a terminal")
    with pytest.raises(HostError, match="open terminal failed") as caught:
        client(ssh).ask(host(), LIST, timeout_s=PATIENCE_S)
    assert ".bashrc" in caught.value.hint
    with pytest.raises(HostError, match="open terminal failed"):
        client(ssh).stream(host(), {"verb": "logs", "flags": ""}, lambda _: None)


def test_words_arrive_as_they_are(home: Path) -> None:
    """Blanks, quotes, dollars and line ends of a program's arguments pass the login shell unchanged."""
    words = ["a b", "it's", '"$HOME"', "x\ny", "*", ""]
    program = ["/usr/bin/python3", "-c", "import sys, json; print(json.dumps(sys.argv[1:]))", *words]
    done = client(local_ssh(home)).run(host(), program, timeout_s=PATIENCE_S)
    assert done.stdout.strip() == json.dumps(words)


@pytest.mark.parametrize("place", ["below/home.lock", "absolute"])
def test_a_file_arrives_whole_and_for_its_owner_alone(home: Path, place: str) -> None:
    """Its sha256 is checked on the host; what arrives otherwise leaves the old file as it was."""
    data = bytes(range(256)) * 4096
    target = str(home / "abs/file") if place == "absolute" else place
    over_ssh = client(local_ssh(home))
    over_ssh.send_file(host(), data, target=target, sha256=hashlib.sha256(data).hexdigest())
    file = home / target
    assert file.read_bytes() == data
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(HostError, match="another sha256"):
        over_ssh.send_file(host(), b"other", target=target, sha256=hashlib.sha256(data).hexdigest())
    assert file.read_bytes() == data
    assert [p.name for p in file.parent.iterdir()] == [file.name], "no draft is left"


def test_a_file_that_cannot_be_written_says_why(home: Path) -> None:
    """In the host's words."""
    with pytest.raises(HostError, match="Is a directory"):
        client(local_ssh(home)).send_file(
            host(), b"x", target=str(home), sha256=hashlib.sha256(b"x").hexdigest()
        )
