"""`make bench`: sync and ssh against raw rsync and ssh, on a real host of the lab, taken in turn.

Rows of the goals: 10,000 files against raw rsync on a warm connection; a 1 % change against raw rsync that
connects; 1 GiB (here 256 MiB) against cat through ssh.
"""

import os
import random
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from gpuinfra.simulator.conda.outfit import outfit
from gpuinfra.simulator.lab import base, needs
from gpuinfra.simulator.lab.door import Lab, opened
from gpuinfra.simulator.scratch import copy_project, private_env

ROUNDS, BIG_MIB = 7, 256
GPUINFRA = str(Path(sys.executable).parent / "gpuinfra")
BOUNDS = {"10,000 files": 1.2, "1 % of them": 0.5, f"{BIG_MIB} MiB": 1.6}


def main() -> int:
    """Print a table; exit code 1 when a bound is broken."""
    if reason := needs.can_run():
        sys.stdout.write(f"sync is not measured here: {reason}\n")
        return 0
    base.ensure(os.environ, lambda text: None)
    with tempfile.TemporaryDirectory(prefix="gpuinfra-bench-") as scratch, opened() as lab:
        ratios, times = measure(desk(lab, Path(scratch)))
    broken = 0
    for name, bound in BOUNDS.items():
        ratio = statistics.median(ratios[name])
        broken += ratio > bound
        raw, ours = (statistics.median(column) for column in zip(*times[name], strict=True))
        verdict = f"bound {bound:.1f}" + ("" if ratio <= bound else "  BROKEN")
        sys.stdout.write(f"sync {name:<15} {ours:7.3f} s  (raw {raw:.3f} s)  {ratio:5.2f} x  {verdict}\n")
    return 1 if broken else 0


Seconds = Callable[[Sequence[str]], float]


def desk(lab: Lab, home: Path) -> tuple[Path, Path, Seconds]:
    """Return a project, ssh's configuration, and what takes the time of a command there; makes a host."""
    clone = copy_project(Path(__file__).resolve().parents[1], home / "clone")
    outfit(lab.mirror, Path(f"/proc/{lab.pid}/root{lab.directory}/base"), clone)
    project = home / "project"
    project.mkdir()
    (project / ".gpuinfraignore").touch()
    env = private_env(lab.env(), home, clone)

    def seconds(argv: Sequence[str]) -> float:
        command = lab.command(argv, project)
        began = time.perf_counter()
        subprocess.run(command, env=env, check=True, capture_output=True, stdin=subprocess.DEVNULL)
        return time.perf_counter() - began

    for words in (["init", "--region", "us-east-1"], ["up", "--yes"], ["ssh", "--", "true"]):
        seconds([GPUINFRA, *words])
    return project, home / "state/gpuinfra/ssh/default.conf", seconds


def measure(
    place: tuple[Path, Path, Seconds],
) -> tuple[dict[str, list[float]], dict[str, list[tuple[float, float]]]]:
    """Return the ratios and the pairs (raw, ours) of each case."""
    project, conf, seconds = place
    warm = ["ssh", "-F", str(conf)]
    # as a plain rsync would: its own connection, the default cipher
    cold = [*warm, "-o", "ControlPath=none", "-o", "Ciphers=chacha20-poly1305@openssh.com"]
    there, sync = "gpuinfra-default", [GPUINFRA, "sync", "up"]
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in BOUNDS}
    fill(project)
    for turn in range(ROUNDS):
        seconds([*warm, there, "rm -rf raw project"])
        raw, ours = in_turn(turn, seconds, rsync(warm), sync)
        times["10,000 files"].append((raw, ours))
        touch(project, turn)
        times["1 % of them"].append(in_turn(turn, seconds, rsync(cold), sync))
    big = project.parent / "big"
    big.write_bytes(os.urandom(BIG_MIB << 20))
    link = project / "big"
    for turn in range(3):
        seconds([*warm, there, "rm -f project/big big"])
        os.link(big, link)
        pipe = ["sh", "-c", f"{shlex.join(warm)} {there} 'cat > big' < {shlex.quote(str(big))}"]
        times[f"{BIG_MIB} MiB"].append(in_turn(turn, seconds, pipe, [*sync, "big"]))
        link.unlink()
    return {name: [ours / raw for raw, ours in pairs] for name, pairs in times.items()}, times


def in_turn(turn: int, seconds: Seconds, raw: Sequence[str], ours: Sequence[str]) -> tuple[float, float]:
    """Take both, each first in every other round; return (raw, ours)."""
    if turn % 2:
        mine = seconds(ours)
        return seconds(raw), mine
    other = seconds(raw)
    return other, seconds(ours)


def rsync(ssh: Sequence[str]) -> list[str]:
    """Return a raw rsync of the project."""
    return ["rsync", "-a", "-e", shlex.join(ssh), "./", "gpuinfra-default:raw/"]


def fill(project: Path) -> None:
    """Write 10,000 files, 45 MB."""
    for number in range(10_000):
        path = project / f"{number // 100}/{number % 100}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(os.urandom(4500))


def touch(project: Path, seed: int) -> None:
    """Change 100 of them."""
    for number in random.Random(seed).sample(range(10_000), 100):
        with (project / f"{number // 100}/{number % 100}").open("ab") as file:
            file.write(b"x")


if __name__ == "__main__":
    sys.exit(main())
