"""Who works on the host at a terminal, read from a /proc of the test's own."""

from pathlib import Path

from gpuinfra.host.jobs.terminals import in_use

PTS, SERIAL = 136 << 8 | 3, 4 << 8 | 64


def process(proc: Path, pid: int, command: str, *, parent: int, session: int, tty: int, front: int) -> None:
    """Write one process."""
    (proc / str(pid)).mkdir(parents=True)
    stat = f"{pid} ({command.split()[0]} ) x) S {parent} {pid} {session} {tty} {front} 0"
    (proc / str(pid) / "stat").write_text(stat)
    (proc / str(pid) / "cmdline").write_bytes("\0".join(command.split()).encode() + b"\0")


def test_what_runs_in_front_on_each_terminal_is_named(tmp_path: Path) -> None:
    """An editor in a shell is the editor; a getty, a daemon, and what a job of ours runs count not."""
    process(tmp_path, 10, "sshd: ubuntu@pts/3", parent=1, session=10, tty=0, front=-1)
    process(tmp_path, 11, "-bash", parent=10, session=11, tty=PTS, front=12)
    process(tmp_path, 12, "vim train.py", parent=11, session=11, tty=PTS, front=12)
    process(tmp_path, 20, "agetty ttyS0", parent=1, session=20, tty=SERIAL, front=20)
    process(tmp_path, 30, "python3 /x/gpuinfra/host/jobs/__main__.py", parent=1, session=30, tty=0, front=-1)
    process(tmp_path, 31, "htop", parent=30, session=31, tty=PTS + 1, front=31)
    process(tmp_path, 40, "zsh", parent=10, session=40, tty=PTS + 2, front=40)
    (tmp_path / "self").mkdir()
    assert in_use(tmp_path) == ["vim train.py", "zsh"]
