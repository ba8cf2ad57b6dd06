"""Part of `make bench`: sync beside raw rsync and ssh, memory to memory, taken in turn.

Rows of the goals: 10,000 files against raw rsync over a connection that is up; a 1 % change against raw rsync
that connects; 1 GiB against cat through ssh.
"""

import os
import random
import shlex
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench.host import ALIAS, GPUINFRA, inside, judge, seconds

FILES, CHANGED, ROUNDS = 10_000, 100, 7
BIG_MIB, BIG_ROUNDS = 1024, 9
# Disks differ, and the first to write pays for the other: on both sides all is in memory.
MEMORY, MEMORY_BYTES = Path("/dev/shm"), 3 << 30
MOUNTED = "mkdir -p project raw; for d in project raw; do sudo mount -t tmpfs -o uid=$(id -u) none $d; done"
SYNC = [GPUINFRA, "sync", "up"]
Pairs = tuple[list[float], list[float]]


def measure(conf: str) -> int:
    """Print the ratios; return 1 when a bound is broken."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES
    warm = ["ssh", "-F", conf]
    seconds([*warm, ALIAS, MOUNTED])
    with tempfile.TemporaryDirectory(dir=MEMORY if roomy else None) as scratch:
        project = Path(scratch) / "project"  # its folder on the host has the same name
        project.mkdir()
        (project / ".gpuinfraignore").touch()
        many, few = files(project, warm)
        broken = [
            judge(f"sync {FILES:,} files (rsync, warm)", *many, 1.35),
            judge(f"sync {CHANGED} of them (rsync, cold)", *few, 0.65),
        ]
        broken += [judge(f"sync {BIG_MIB} MiB (cat | ssh)", *one_file(project, warm), 1.5)]
    return int(any(broken))


def files(project: Path, warm: list[str]) -> tuple[Pairs, Pairs]:
    """Take many files, then a few that changed; return (ours, raw) of both."""
    many: Pairs = ([], [])
    few: Pairs = ([], [])
    # as a plain rsync would: its own connection, the default cipher
    cold = [*warm, "-o", "ControlPath=none", "-o", "Ciphers=chacha20-poly1305@openssh.com"]
    fill(project)
    for turn in range(ROUNDS):
        empty(warm)
        in_turn(turn, project, many, SYNC, rsync(warm))
        touch(project, turn)
        in_turn(turn, project, few, SYNC, rsync(cold), said=f"transferred {CHANGED} files")
    shutil.rmtree(project / "many")
    return many, few


def one_file(project: Path, warm: list[str]) -> Pairs:
    """Take a large file; return (ours, raw)."""
    taken: Pairs = ([], [])
    with (project / "big").open("wb") as file:
        for _ in range(BIG_MIB):
            file.write(os.urandom(1 << 20))
    # as one types it; where ssh itself reads the file (< big), rsync takes 1.6 to 1.9 times as long as ssh
    cat = ["sh", "-c", f"cat big | {shlex.join(warm)} {ALIAS} 'cat > raw/big'"]
    for turn in range(BIG_ROUNDS):
        empty(warm)
        in_turn(turn, project, taken, SYNC, cat, said="transferred")
    return taken


def in_turn(
    turn: int, project: Path, taken: Pairs, ours: Sequence[str], raw: Sequence[str], said: str = ""
) -> None:
    """Take both, each first in every other round."""
    pair = [(taken[0], ours, said), (taken[1], raw, "")]
    for into, argv, words in reversed(pair) if turn % 2 else pair:
        into.append(seconds(argv, project, words))


def rsync(ssh: Sequence[str]) -> list[str]:
    """Return a raw rsync of the project."""
    return ["rsync", "-a", "-e", shlex.join(ssh), "./", f"{ALIAS}:raw/"]


def empty(ssh: list[str]) -> None:
    """Delete what was synced; the connection stays up."""
    seconds([*ssh, ALIAS, "find project raw -mindepth 1 -delete"])


def fill(project: Path) -> None:
    """Write 10,000 files, 45 MB."""
    for number in range(FILES):
        path = project / f"many/{number // 100}/{number % 100}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(4500))


def touch(project: Path, seed: int) -> None:
    """Change 100 of them."""
    for number in random.Random(seed).sample(range(FILES), CHANGED):
        with (project / f"many/{number // 100}/{number % 100}").open("ab") as file:
            file.write(b"x")


if __name__ == "__main__":
    sys.exit(measure(sys.argv[1]) if len(sys.argv) > 1 else inside("tests.bench.sync"))
