"""The facts in terraform/modules/host/facts: each has a date, a source and its shape."""

import datetime
import json
import re
from pathlib import Path
from typing import Any

import pytest

from gpuinfra.features.containers import docker_args
from gpuinfra.ground import facts

FACTS = Path(__file__).resolve().parent.parent / "terraform" / "modules" / "host" / "facts"
VERSION = re.compile(r"\d+(\.\d+)*")


def fact(name: str) -> dict[str, Any]:
    """Return one file of facts."""
    found: dict[str, Any] = json.loads((FACTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", ["cuda", "dlc", "generations", "gpus", "images"])
def test_a_fact_says_when_and_from_where(name: str) -> None:
    """Every file of facts has a date, a source and a word on what it holds."""
    found = fact(name)
    assert datetime.date.fromisoformat(found["date"]).year >= 2026
    assert found["source"]
    assert found["about"]


def test_every_file_is_known() -> None:
    """No file of facts is without a test of its shape."""
    assert sorted(p.stem for p in FACTS.glob("*")) == ["cuda", "dlc", "generations", "gpus", "images"]


def test_the_gpus_of_a_type() -> None:
    """A type has at least one GPU with a model and a memory; a part of a GPU is less than one."""
    for gpus in fact("gpus")["types"].values():
        assert gpus.keys() <= {"count", "name", "memory_mib", "fraction"}
        assert isinstance(gpus["count"], int)
        assert gpus["count"] > 0
        assert gpus["name"]
        assert gpus["memory_mib"] > 0
        assert 0 < gpus.get("fraction", 0.5) < 1


def test_the_gpus_are_those_that_ec2_names() -> None:
    """The facts say of a type what EC2 says, as the simulator has it, a part of a GPU counted as one."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES  # here: every test process would import it

    of_ec2 = {
        name: {
            "count": gpu["Count"] or 1,
            "name": gpu["Name"],
            "memory_mib": gpu["MemoryInfo"]["SizeInMiB"],
        }
        for name, kind in INSTANCE_TYPES.items()
        for gpu in kind.get("GpuInfo", {}).get("Gpus", [])
        if gpu["Manufacturer"] == "NVIDIA"
    }
    ours = fact("gpus")["types"]
    assert len(of_ec2) > 60
    assert {name: ours[name] | gpu for name, gpu in of_ec2.items()} == {name: ours[name] for name in of_ec2}
    parts = [name for name in of_ec2 if "fraction" in ours[name]]
    assert sorted(parts) == ["g6f.2xlarge", "g6f.4xlarge", "g6f.large", "g6f.xlarge", "gr6f.4xlarge"]


def test_the_accounts() -> None:
    """A region has an account of twelve digits."""
    accounts = fact("dlc")["accounts"]
    assert accounts["us-east-1"] == "763104351884"
    assert all(re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region) for region in accounts)
    assert all(re.fullmatch(r"\d{12}", account) for account in accounts.values())


def test_the_repositories() -> None:
    """With a date and a source of their own: new ones come every month."""
    found = fact("dlc")["repositories"]
    assert datetime.date.fromisoformat(found["date"]).year >= 2026
    assert found["source"].startswith("https://github.com/aws/deep-learning-containers/")
    assert {"pytorch", "vllm", "sglang", "tensorflow-training"} <= set(found["names"])


def test_the_images() -> None:
    """Each image that can be asked for is there, with a date and a source of its own."""
    images = fact("images")["images"]
    assert sorted(images) == ["aws-nvidia", "nvidia", "ubuntu"]
    for image in images.values():
        assert datetime.date.fromisoformat(image["date"])
        assert image["source"]
        assert image["os"] == "Ubuntu"
        named = (image["os_version"], image["driver"], image["cuda"], image["lock_cuda"])
        assert all(value is None or VERSION.fullmatch(value) for value in named)
    assert [facts.cuda_for_lock(kind) for kind in ("nvidia", "aws-nvidia", "ubuntu")] == ["12.8", "12.8", ""]


def test_cuda_and_drivers() -> None:
    """The newest driver comes first, and `docker build` chooses from this table."""
    cuda = fact("cuda")
    rows = [(*_pair(row["driver"]), row["cuda"], row["base"]) for row in cuda["bases"]]
    assert rows == sorted(rows, reverse=True)
    for row in cuda["bases"]:
        assert docker_args.base(row["driver"]) == (f"nvidia/cuda:{row['base']}", row["cuda"])
    assert docker_args.base("") == (cuda["cpu_base"], "")
    assert facts.least_driver() == {13: 580, 12: 525, 11: 450}


def _pair(version: str) -> tuple[int, int]:
    major, minor = version.split(".")
    return int(major), int(minor)
