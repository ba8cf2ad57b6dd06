"""pool.auto.tfvars.json: where the host was found, beside terraform.tfvars; Terraform reads it after that."""

import json
from pathlib import Path

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.pool import MARKETS, Pool
from gpuinfra.tools.adapter import adapter
from gpuinfra.tools.files import write_private


@adapter("the record of where the host was found cannot be used")
class PoolFile:
    """The recorded pool of one stack; path: Stack.pool_file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Pool | None:
        """Return the recorded pool, None where none is; raises ConfigError for a file that is not ours."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            return _pool(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise ConfigError(
                f"{self._path} is not as gpuinfra writes it: {error}. Terraform would take its values in"
                " silence",
                hint=f"mv {self._path} {self._path}.off   # values of yours belong into terraform.tfvars",
            ) from None

    def write(self, pool: Pool) -> None:
        """Record it in one step, 0600: a crash leaves the old record or the new one."""
        write_private(self._path, json.dumps({"pool": pool.plain()}, indent=2).encode() + b"\n")

    def delete(self) -> None:
        """Forget it: the next host is asked for in the order of terraform.tfvars."""
        self._path.unlink(missing_ok=True)


def _pool(raw: object) -> Pool | None:
    """Return what was read; raises ValueError with what is wrong."""
    if not isinstance(raw, dict) or set(raw) != {"pool"}:
        raise ValueError(f"it must have pool alone, and has {sorted(raw) if isinstance(raw, dict) else raw}")
    pool = raw["pool"]
    if pool is None:
        return None
    fields = {"instance_type", "market", "zone"}
    if not isinstance(pool, dict) or set(pool) | {"zone"} != fields:
        raise ValueError(f"its pool must have {', '.join(sorted(fields))}, and is {json.dumps(pool)}")
    texts = [pool["instance_type"], pool["market"], pool.get("zone") or ""]
    if not all(isinstance(text, str) for text in texts) or not texts[0] or texts[1] not in MARKETS:
        raise ValueError(
            f"its market must be one of {', '.join(MARKETS)}, and its pool is {json.dumps(pool)}"
        )
    return Pool(instance_type=texts[0], market=texts[1], zone=texts[2])
