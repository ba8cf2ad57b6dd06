"""What the simulated account holds from the start: images, parameters, quotas...; from seed.json."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SEED_FILE = Path(__file__).with_name("seed.json")


@dataclass(frozen=True, kw_only=True)
class SeedImage:
    """One machine image, as its owner publishes it in every region."""

    id: str
    name: str
    owner_id: str
    owner_alias: str
    architecture: str
    root_size_gb: int
    created: str
    product_code: str = ""


@dataclass(frozen=True, kw_only=True)
class Quota:
    """One EC2 service quota, in vCPUs; value: None where none was ever applied, then the default holds."""

    name: str
    value: float | None
    default: float


@dataclass(frozen=True, kw_only=True)
class Seed:
    """All that is there before the first call."""

    images: tuple[SeedImage, ...]
    parameters: Mapping[str, str]
    managed_policies: tuple[str, ...]
    quotas: Mapping[str, Quota]
    container_accounts: Mapping[str, str]  # region -> owner of the Deep Learning Containers there
    containers: Mapping[str, Mapping[str, str]]  # repository -> tag -> when pushed

    def image(self, image_id: str) -> SeedImage | None:
        """Return the seeded image of that id, or None."""
        return next((image for image in self.images if image.id == image_id), None)


def load_seed(path: Path = SEED_FILE) -> Seed:
    """Read a seed file; an unknown or missing key is an error."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Seed(
        images=tuple(SeedImage(**image) for image in raw["images"]),
        parameters=dict(raw["parameters"]),
        managed_policies=tuple(raw["managed_policies"]),
        container_accounts=dict(raw["container_accounts"]),
        containers=dict(raw["containers"]),
        quotas={code: Quota(**quota) for code, quota in raw["quotas"].items()},
    )
