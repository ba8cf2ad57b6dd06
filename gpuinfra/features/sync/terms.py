"""What a sync is asked for, and what it did. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is asked for; mode: both, up, down; `keep`: the side that wins; `join`: take another's folder.

    most: so many files and bytes at most, else nothing is done; None: any.
    """

    mode: str
    part: str = ""
    keep: str = ""
    delete: bool = False
    dry_run: bool = False
    join: bool = False
    most: tuple[int, int] | None = None


@dataclass(kw_only=True)
class SyncOutcome:
    """What was done, or would be: paths; of what was not, the reason."""

    sent: list[str] = field(default_factory=list)
    brought: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    size_bytes: int = 0
    files: int = 0
    conflicts: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    left_alone: dict[str, str] = field(default_factory=dict)
    put_back: list[str] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
