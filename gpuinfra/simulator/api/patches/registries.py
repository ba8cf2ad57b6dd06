"""Registries of AWS's own accounts: the Deep Learning Containers, which every account may look at."""

import json
from datetime import datetime
from typing import Any

from moto.ecr.models import ECRBackend, Image, Repository

from gpuinfra.simulator.api.state import SimulatorState

_MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


def _image(account_id: str, repository: str, tag: str, pushed: str) -> Any:
    manifest = json.dumps({"schemaVersion": 2, "layers": [{"digest": f"sha256:{repository}:{tag}"}]})
    image = Image(account_id, tag, manifest, repository, image_manifest_mediatype=_MANIFEST_TYPE)
    image.image_pushed_at = int(datetime.fromisoformat(pushed).timestamp())
    return image


def _repository(backend: Any, name: str, tags: dict[str, str], owner: str) -> Any:
    made = Repository(backend.account_id, backend.region_name, name, owner, None, "", "MUTABLE")
    made.images = [_image(owner, name, tag, pushed) for tag, pushed in tags.items()]
    return made


def apply(state: SimulatorState) -> None:
    """Put the seeded repositories into every region that their owner serves."""
    init_of_moto = ECRBackend.__init__

    def init(self: Any, region_name: str, account_id: str) -> None:
        init_of_moto(self, region_name, account_id)
        owner = state.seed.container_accounts.get(region_name)
        for name, tags in state.seed.containers.items() if owner else ():
            self.repositories[name] = _repository(self, name, dict(tags), str(owner))

    ECRBackend.__init__ = init
