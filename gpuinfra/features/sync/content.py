"""Whether the files of two records are of the same content. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuinfra.features.sync.decide import Diff
    from gpuinfra.host.sync.records import Record


def doubtful(old: Mapping[str, Record], here: Diff, host: Diff) -> list[str]:
    """Return the files of one size on both sides of which the hashes must tell whether they are equal."""
    found = []
    for path in here.keys() | host.keys():
        a, b = (diff[path] if path in diff else old.get(path) for diff in (here, host))
        if _is_file(a) and _is_file(b) and a and b and a[1] == b[1] and a[4] == b[4] and not (a[5] and b[5]):
            found.append(path)
    return found


def equal(one: Record | None, two: Record | None) -> bool:
    """Tell whether two records are of the same content; files of unknown content are not."""
    if not one or not two or one[0] != two[0] or one[0] != "f":
        return one == two
    return one is two or (one[1] == two[1] and one[4] == two[4] and one[5] != "" and one[5] == two[5])


def _is_file(rec: Record | None) -> bool:
    return rec is not None and rec[0] == "f"
