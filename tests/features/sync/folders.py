"""Two folders, an editor on each, a sync between them, and the account of what no editor took away.
Over 200 lines: each edit is a method."""

import os
import random
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from gpuinfra.features.sync.conversation import Conversation
from gpuinfra.features.sync.exchange import exchange
from gpuinfra.features.sync.mover import FEW_BYTES
from gpuinfra.features.sync.terms import SyncOutcome, Terms
from gpuinfra.host.sync.records import STATE
from gpuinfra.host.sync.serve import serve
from tests.features.sync.oracle import Node

# a line break, %, what looks like an option, both unicode forms of a letter, names that differ by case
NAMES = ["a", "b", "c", "A", "x y", "\u00e9", "e\u0301", "n\nl", "%s", "-r"]
HERE, HOST = 0, 1
EDITS = (
    "new new write write replace append delete delete mkdir link rename rename chmod touch filled hard same"
)


class Crash(BaseException):
    """The power goes."""


class Pipe:
    """The host's end in a thread; `trace` is called for each line that it runs."""

    def __init__(self, root: Path, trace: Any = None) -> None:
        (i, w), (r, o) = os.pipe(), os.pipe()
        self.requests, self.replies = os.fdopen(w, "wb"), os.fdopen(r, "rb")
        self._ends = os.fdopen(i, "rb"), os.fdopen(o, "wb")
        self.thread = threading.Thread(target=self._serve, args=(root, trace))
        self.thread.start()

    def _serve(self, root: Path, trace: Any) -> None:
        import sys

        sys.settrace(trace)
        try:
            serve(str(root), *self._ends)
        except (Crash, BrokenPipeError):
            pass
        finally:
            sys.settrace(None)
            for stream in self._ends[::-1]:
                _close(stream)

    def close(self) -> None:
        """Hang up."""
        _close(self.requests)
        _close(self.replies)
        self.thread.join()


def _close(stream: Any) -> None:
    with suppress(OSError):
        stream.close()


def tree(path: Path) -> Node:
    """Return all that is below a folder."""
    found: dict[str, Node] = {}
    for entry in os.scandir(path):
        if entry.is_symlink():
            found[entry.name] = ("l", str(Path(entry.path).readlink()))
        elif entry.is_dir():
            if entry.name != STATE:
                found[entry.name] = tree(Path(entry.path))
        else:
            found[entry.name] = ("f", Path(entry.path).read_text(), bool(entry.stat().st_mode & 0o111))
    return ("d", found)


class Folders:
    """Both sides; every text that is written is new, so that none can be lost unseen."""

    def __init__(self, scratch: Path, seed: int) -> None:
        self.roots = [scratch / "here", scratch / "host"]
        for root in self.roots:
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir()
        self.chosen = random.Random(seed)
        self.written: set[str] = set()
        self.removed: set[str] = set()
        self.log: list[Any] = []
        self.few_bytes = (FEW_BYTES, 0)[seed % 2]  # with the request, or by the mover

    def sync(self, mode: str = "both", *, trace: Any = None, **terms: Any) -> SyncOutcome:
        """Sync, by a mover that stands for rsync."""
        pipe = Pipe(self.roots[HOST], trace)
        try:
            talk = Conversation(pipe.replies, pipe.requests)
            return exchange(
                str(self.roots[HERE]),
                talk,
                self,
                Terms(mode=mode, join=True, **terms),
                few_bytes=self.few_bytes,
            )
        finally:
            pipe.close()

    def move(self, up: bool, paths: list[str]) -> dict[str, int]:
        """Copy files into the other side's staging folder with their times, as rsync does."""
        source, target = self.roots if up else self.roots[::-1]
        for path in paths:
            staged = target / STATE / "stage" / path
            if (source / path).is_file() and not (source / path).is_symlink():
                staged.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source / path, staged)
        return {"sent_bytes": 1}

    def pack(self, paths: list[str]) -> bool:
        """Do the same, as tar does for many."""
        return bool(self.move(True, paths))

    def trees(self) -> list[Node]:
        """Return what is on both sides."""
        return [tree(root) for root in self.roots]

    def lost(self) -> set[str]:
        """Return what was written, not removed by an editor, and is nowhere."""
        alive = self.texts(self.roots[HERE]) | self.texts(self.roots[HOST])
        return self.written - self.removed - alive

    def texts(self, path: Path) -> set[str]:
        """Return all texts at or below a path."""
        if path.is_symlink() or not path.exists():
            return set()
        if path.is_dir():
            return {t for p in path.iterdir() if p.name != STATE for t in self.texts(p)}
        return {f"{text}>" for text in path.read_text().split(">")[:-1]}

    def edit(self, side: int) -> None:
        """Do something by chance."""
        path, what = self._some(side), self.chosen.choice(EDITS.split())
        self.log.append((side, what, str(path)))
        getattr(self, f"_{what}")(path, side)

    def _some(self, side: int) -> Path:
        path = self.roots[side]
        for _ in range(self.chosen.choice([1, 1, 2, 2, 3])):
            path = path / self.chosen.choice(NAMES)
            if not path.is_dir() or path.is_symlink():
                break
        return path

    def _text(self) -> str:
        text = f"<{len(self.written):06d}>"
        self.written.add(text)
        return text

    def _clear(self, path: Path) -> None:
        self.removed |= self.texts(path)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif os.path.lexists(path):
            path.unlink()

    def _is_file(self, path: Path) -> bool:
        return path.is_file() and not path.is_symlink()

    def _new(self, path: Path, side: int) -> None:
        if not os.path.lexists(path):
            path.write_text(self._text())

    def _same(self, path: Path, side: int) -> None:
        if not os.path.lexists(path):
            path.write_text("<same>")

    def _write(self, path: Path, side: int) -> None:
        if self._is_file(path):
            self.removed |= self.texts(path)
            path.write_text(self._text())

    def _replace(self, path: Path, side: int) -> None:
        """As editors do, with the old one's time now and then."""
        if path.is_dir() and not path.is_symlink():
            return
        old = path.lstat().st_mtime_ns if os.path.lexists(path) else 0
        self.removed |= self.texts(path)
        beside = self.roots[side].parent / "beside"
        beside.write_text(self._text())
        if old and self.chosen.random() < 0.3:
            os.utime(beside, ns=(old, old))
        beside.rename(path)

    def _append(self, path: Path, side: int) -> None:
        if self._is_file(path):
            with path.open("a") as file:
                file.write(self._text())

    def _delete(self, path: Path, side: int) -> None:
        self._clear(path)

    def _mkdir(self, path: Path, side: int) -> None:
        if not os.path.lexists(path):
            path.mkdir()

    def _filled(self, path: Path, side: int) -> None:
        self._clear(path)
        (path / "b").mkdir(parents=True)
        for name in ("a", "b/c"):
            (path / name).write_text(self._text())

    def _link(self, path: Path, side: int) -> None:
        if not path.is_dir() or path.is_symlink():
            self._clear(path)
            path.symlink_to(self.chosen.choice(["a", "b/c", "nowhere"]))

    def _rename(self, path: Path, side: int) -> None:
        target = self._some(side)
        apart = not f"{target}/".startswith(f"{path}/") and not f"{path}/".startswith(f"{target}/")
        if os.path.lexists(path) and apart:
            over = self.texts(target)
            try:
                path.rename(target)
                self.removed |= over
            except OSError:
                pass

    def _chmod(self, path: Path, side: int) -> None:
        if self._is_file(path):
            path.chmod(self.chosen.choice([0o644, 0o755]))

    def _touch(self, path: Path, side: int) -> None:
        if path.exists() and not path.is_symlink():
            os.utime(path)

    def _hard(self, path: Path, side: int) -> None:
        target = self._some(side)
        if self._is_file(path) and not os.path.lexists(target):
            os.link(path, target)


def counter(at: int, then: Callable[[], int]) -> Any:
    """Return a trace that calls `then` at the n-th line of host/sync that runs; it returns the next n."""
    left = [at]

    def trace(frame: Any, event: str, arg: Any) -> Any:
        if "/host/sync/" not in frame.f_code.co_filename:
            return None
        if event == "line":
            left[0] -= 1
            if left[0] == 0:
                left[0] = then()
        return trace

    return trace
