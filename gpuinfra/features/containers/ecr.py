"""What AWS's own container registries hold, asked of ECR by boto3 and kept for a day."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from gpuinfra.features.containers import dlc_images
from gpuinfra.features.containers.dlc_images import TaggedImage
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.aws.client import client
from gpuinfra.tools.aws.errors import map_boto_errors
from gpuinfra.tools.files import make_private, write_private

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient

KEPT_S = 24 * 3600


@adapter("the list of images cannot be kept")
class EcrCatalog:
    """The images of the Deep Learning Containers' registry of one region."""

    def __init__(
        self, region: str, *, cache: Path, refresh: bool = False, now: Callable[[], float] = time.time
    ) -> None:
        self._account = dlc_images.registry(region).split(".")[0]
        self._region = region
        self._cache = cache / region
        self._refresh = refresh
        self._now = now

    def __call__(self, repository: str) -> Sequence[TaggedImage]:
        """Return the images of a repository; none when this region has no such one."""
        kept = self._cache / f"{repository}.json"
        found = None if self._refresh else self._read(kept)
        if found is None:
            found = self._ask(repository)
            make_private(kept.parent)
            write_private(kept, json.dumps([asdict(it) for it in found]).encode())
        return found

    def _read(self, kept: Path) -> list[TaggedImage] | None:
        try:
            if not 0 <= self._now() - kept.stat().st_mtime < KEPT_S:
                return None
            raw = json.loads(kept.read_text(encoding="utf-8"))
            return [TaggedImage(tags=tuple(it["tags"]), pushed=str(it["pushed"])) for it in raw]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _ask(self, repository: str) -> list[TaggedImage]:
        ecr: ECRClient = client("ecr", self._region)
        with map_boto_errors("ecr"):
            pages = ecr.get_paginator("describe_images").paginate(
                registryId=self._account,
                repositoryName=repository,
                filter={"tagStatus": "TAGGED"},
                PaginationConfig={"PageSize": 1000},
            )
            try:
                details = [it for page in pages for it in page["imageDetails"]]
            except ecr.exceptions.RepositoryNotFoundException:
                return []
        return [
            TaggedImage(
                tags=tuple(it.get("imageTags", ())), pushed=it["imagePushedAt"].astimezone(UTC).isoformat()
            )
            for it in details
        ]
