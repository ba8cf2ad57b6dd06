"""The host's end of a sync: one line of JSON for each request, one for each reply."""

from __future__ import annotations

import gc
import os
import sys

from gpuinfra.host.lean_json import dumps, loads
from gpuinfra.host.sync.scan import Scan
from gpuinfra.host.sync.side import OtherOwner, Side

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

    from gpuinfra.host.sync.records import Given

    Request = dict[str, Any]


def main(folder: str) -> None:
    """Serve a folder below the home."""
    gc.disable()  # it ends soon
    serve(os.path.expanduser(f"~/{folder}"), sys.stdin.buffer, sys.stdout.buffer)


def serve(root: str, requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer until there are no more requests; what cannot be done is answered as refused."""
    end = HostEnd(root, requests)
    verbs = {"scan": end.scan, "hashes": end.hashes, "place": end.place, "commit": end.commit}
    try:
        for line in requests:
            request = loads(line)
            reply = verbs[request.pop("what")](**request)  # type: ignore[operator]
            if reply is not None:
                replies.write(dumps(reply).encode() + b"\n")
                replies.flush()
    except (OSError, OtherOwner) as error:
        why = str(error)
        kind = "owner" if isinstance(error, OtherOwner) else "os"
        replies.write(dumps({"refused": why, "kind": kind}).encode() + b"\n")
        replies.flush()
    except EOFError:  # nobody is there any more
        pass
    finally:
        end.close()


class HostEnd:
    """What the laptop may ask for, each verb a method."""

    def __init__(self, root: str, data: IO[bytes]) -> None:
        self._root, self._data = root, data
        self._side: Side | None = None

    def close(self) -> None:
        """Let the next one in."""
        if self._side:
            self._side.close()

    def scan(
        self,
        *,
        project: str,
        who: str,
        unmarked_too: bool,
        join: bool,
        id: str,
        part: str,
        excluded: list[str],
        given: Any = None,
    ) -> Request:
        """Return what differs from the manifest of this name, by the host's ignore files or the laptop's."""
        side = self._side = self._side or Side(self._root, is_host=True)
        self._project = project
        side.load(f"manifest-{project}-{id}", f"base-{project}")
        scan = self._scan = Scan(side.root, side.old, part=part, excluded=excluded, given=given, is_host=True)
        side.claim(project, who, unmarked_too=unmarked_too or not scan.now, join=join)
        racy = [p for p, rec in scan.diff.items() if rec and rec[0] == "f" and scan.is_racy(rec)]
        told, side.told = side.told, []
        known = not id or side.id == id
        return {"diff": scan.diff, "known": known, "empty": not scan.now, "racy": racy, "told": told}

    def hashes(self, *, paths: list[str]) -> dict[str, str]:
        """Return the hashes of files."""
        return self._scan.hashes(paths)

    def place(self, *, id: str, work: Request, failed: list[str], given: list[Given]) -> Request:
        """Change what is to change, and write the next manifest, which counts once the laptop has its own.

        given: files whose bytes follow the request; the others have been moved into the staging folder.
        """
        assert self._side  # noqa: S101 - the laptop scans first
        self._side.receive(given, self._data)
        done = self._side.place(self._scan, work)
        work["changed"] = self._side.changed(self._scan, work["sent"])
        self._side.remember(
            f"manifest-{self._project}-{id}", id, self._scan, work, [*failed, *done["failed"]]
        )
        return done

    def commit(self, *, id: str) -> None:
        """Drop the older manifests, and what is staged."""
        assert self._side  # noqa: S101 - the laptop scans first
        self._side.forget_others(f"manifest-{self._project}-", f"manifest-{self._project}-{id}")
        self._side.clean()
