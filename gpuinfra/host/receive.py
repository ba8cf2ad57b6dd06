"""On the host: keep what comes by stdin as a file, if it is whole. Standard library only.

python3 receive.py TARGET SHA256      TARGET is absolute, or below the home
"""

import hashlib
import os
import sys
import tempfile
from pathlib import Path

DAMAGED = 3


def main(target: str, sha256: str) -> int:
    """Write the file in one step, for its owner only; return the exit code."""
    data, path = sys.stdin.buffer.read(), Path.home() / target
    if hashlib.sha256(data).hexdigest() != sha256:
        sys.stderr.write(f"what arrived has another sha256 ({len(data)} bytes)\n")
        return DAMAGED
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, draft = tempfile.mkstemp(dir=path.parent)  # 0600
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)  # who waits for its name may read it after a power cut, too
        Path(draft).replace(path)
    except OSError as error:
        sys.stderr.write(f"{error.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
