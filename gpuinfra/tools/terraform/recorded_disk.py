"""How fast the root disk of a host is, as a state says. Pure."""

from typing import Any

FREE_IOPS, FREE_MIB_S = 3000, 125  # of a gp3 volume that says nothing


def speed(attributes: dict[str, Any]) -> tuple[int, int]:
    """Return IOPS and MiB/s of the root disk among an instance's attributes; what is odd is as not said."""
    blocks = attributes.get("root_block_device")
    block = blocks[0] if isinstance(blocks, list) and blocks and isinstance(blocks[0], dict) else {}
    return _number(block.get("iops"), FREE_IOPS), _number(block.get("throughput"), FREE_MIB_S)


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else otherwise
