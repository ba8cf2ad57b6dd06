"""Part of `make bench`: 30 MB through our proxy for Session Manager, which is a fake here; sshd is real.

The official plugin took 51 s against such a fake (2026).
"""

import os
import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench.host import ALIAS, seconds
from tests.tools.ssm import sshd
from tests.tools.ssm.conftest import opened

ROUNDS, BOUND_S, SIZE_BYTES = 3, 10.0, 30_000_000


def main() -> int:
    """Print both ways; exit code 1 when one takes too long."""
    with tempfile.TemporaryDirectory(prefix="gi-") as scratch:
        programs, home, ways = (Path(scratch, name) for name in ("programs", "sshd", "ways"))
        for folder in (programs, home, ways):
            folder.mkdir()
        here, there = ways / "here", ways / "there"
        here.write_bytes(os.urandom(SIZE_BYTES))
        with sshd.running(sshd.find(programs), home) as server, opened(server, ways, (), {}) as way:
            scp = ["scp", "-q", "-F", str(way.conf), "-o", "ControlPath=none"]
            up, down = [*scp, str(here), f"{ALIAS}:{there}"], [*scp, f"{ALIAS}:{there}", str(ways / "back")]
            rounds = [(seconds(up, env=way.env), seconds(down, env=way.env)) for _ in range(ROUNDS)]
    took = [statistics.median(times) for times in zip(*rounds, strict=True)]
    return max(_told(label, it) for label, it in zip(("up", "down"), took, strict=True))


def _told(label: str, took: float) -> int:
    sys.stdout.write(f"{f'30 MB {label} by Session Manager':<44} {took:8.1f} s   bound {BOUND_S:.0f} s")
    sys.stdout.write("\n" if took <= BOUND_S else "  BROKEN\n")
    return int(took > BOUND_S)


if __name__ == "__main__":
    sys.exit(main())
