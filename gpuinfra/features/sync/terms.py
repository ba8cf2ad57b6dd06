"""What a sync is asked for, and what it did. Pure; no dataclasses: their import takes 15 ms."""

from __future__ import annotations


class Terms:
    """What is asked for; mode: both, up, down; `keep`: the side that wins; `join`: take another's folder.

    most: so many files and bytes at most, else nothing is done; None: any.
    """

    def __init__(
        self,
        *,
        mode: str,
        part: str = "",
        keep: str = "",
        delete: bool = False,
        dry_run: bool = False,
        join: bool = False,
        most: tuple[int, int] | None = None,
    ) -> None:
        self.mode, self.part, self.keep, self.delete = mode, part, keep, delete
        self.dry_run, self.join, self.most = dry_run, join, most


class SyncOutcome:
    """What was done, or would be: paths; of what was not, the reason."""

    def __init__(self, *, put_back: list[str]) -> None:
        self.sent: list[str] = []
        self.brought: list[str] = []
        self.deleted: list[str] = []
        self.size_bytes = self.files = 0
        self.conflicts: dict[str, str] = {}
        self.failed: dict[str, str] = {}
        self.left_alone: dict[str, str] = {}
        self.put_back = put_back
        self.counted: dict[str, int] = {}
