"""The user-data: valid for cloud-init, equal for equal inputs, small enough for EC2."""

import base64
import gzip
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from gpuinfra.features.boot import cloud_init
from gpuinfra.features.boot.cloud_init import LIMIT_BYTES, BootContext
from gpuinfra.features.boot.host_file import UNPACK, HostFile, pack
from gpuinfra.features.environment.host_environment import split
from gpuinfra.features.environment.yaml_document import parse
from gpuinfra.ground.errors import ConfigError
from tests.cloud_init.userdata import (
    HOSTILE,
    PARTS,
    ROOT,
    SIMPLE,
    TEMPLATES,
    files_of,
    full_context,
    rendered,
)
from tests.fakes.world import NONCE

SCHEMA = json.loads((ROOT / "tests/data/schema-cloud-config-v1.json").read_text())


def test_it_passes_the_schema_of_cloud_init() -> None:
    """Cloud-init's own schema accepts it, and no top-level key is unknown (refused from 23.4 on)."""
    document = rendered(full_context())
    jsonschema.Draft4Validator(SCHEMA).validate(document)
    known = {key for module in SCHEMA["$defs"].values() for key in module.get("properties", {})}
    assert set(document) <= known
    assert "write_files" in known


def test_the_login_of_the_image_stays() -> None:
    """Without `default` in users the key of the key pair is not installed and nobody can log in."""
    assert rendered(full_context())["users"] == ["default"]


def test_it_starts_as_cloud_config() -> None:
    """The first line is the format; a template mark there would be evaluated on the host."""
    text = gzip.decompress(cloud_init.render(full_context(), templates=TEMPLATES))
    assert text.startswith(b"#cloud-config\nusers:\n")


def test_the_files_are_unpacked_and_then_one_command_enables_the_units_without_waiting() -> None:
    """A single command gives runcmd its exit code; waiting for the bootstrap would block cloud-init."""
    document = rendered(full_context())
    unpack, enable = document["runcmd"]
    assert unpack == ["python3", "-I", "-c", UNPACK, cloud_init.ARCHIVE]
    assert enable == ["systemctl", "enable", "--now", "--no-block", *cloud_init.UNITS]
    assert {f"/etc/systemd/system/{unit}" for unit in cloud_init.UNITS} <= set(files_of(document))


def test_a_real_python_unpacks_every_file_with_its_mode(tmp_path: Path) -> None:
    """Whatever is in a file arrives byte for byte; what only root may read is never readable to others."""
    files = [
        HostFile(path=f"{tmp_path}/etc/a/values.env", mode="0600", data=b"NONCE=1\n"),
        HostFile(path=f"{tmp_path}/etc/a/empty", data=b""),
        HostFile(path=f"{tmp_path}/lib/startup", mode="0755", data=HOSTILE),
    ]
    (tmp_path / "files.xz").write_bytes(base64.b64decode(pack(files)))
    subprocess.run([sys.executable, "-I", "-c", UNPACK, tmp_path / "files.xz"], check=True)
    for file in files:
        there = Path(file.path)
        assert (there.read_bytes(), there.stat().st_mode & 0o777) == (file.data, int(file.mode, 8))


def test_each_script_is_sent_as_it_is_in_the_repository() -> None:
    """Scripts are plain files, never templates; only lines that are a comment stay at home."""
    files = files_of(rendered(full_context()))
    for path in (TEMPLATES / "scripts").glob("*.sh"):
        first, *rest = path.read_text().splitlines()
        kept = [first, *(line for line in rest if not line.strip().startswith("#"))]
        assert files[f"/usr/local/lib/gpuinfra/{path.name}"].decode().splitlines() == kept
        assert first.startswith("#!/usr/bin/env bash")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_accepts_the_units() -> None:
    """Each key and value of the units is one that systemd knows."""
    units = [str(path) for path in (TEMPLATES / "units").iterdir()]
    units.append(str(cloud_init.HOST_PACKAGE / cloud_init.GUARD_UNIT))
    done = subprocess.run(["systemd-analyze", "verify", *units], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_equal_inputs_give_equal_bytes() -> None:
    """No time, no chance and no system in the bytes: Terraform must see no change."""
    first = cloud_init.render(full_context(), templates=TEMPLATES)
    assert cloud_init.render(full_context(), templates=TEMPLATES) == first
    assert first[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"


def noise(count: int) -> bytes:
    """Return lines that do not compress below half: hashes, as in a lock."""
    return b"".join(hashlib.sha256(str(i).encode()).hexdigest().encode() + b"\n" for i in range(count))


def test_too_much_is_refused_with_the_sizes_largest_first() -> None:
    """The limit is on the compressed bytes, and the message says which file to cut."""
    context = BootContext(
        stack="dev",
        nonce=NONCE,
        environment=PARTS,
        environment_yml=SIMPLE + noise(100),
        requirements_txt=noise(450),
    )
    with pytest.raises(
        ConfigError, match=r"EC2 accepts 16,384\. Its parts: requirements\.txt 1\d,"
    ) as caught:
        cloud_init.render(context, templates=TEMPLATES)
    assert "requirements.txt" in caught.value.hint


def test_a_real_environment_leaves_room() -> None:
    """Twenty packages, a pip section, requirements and a startup script stay under the limit."""
    packages = "python pytorch-gpu torchvision numpy pandas scipy scikit-learn matplotlib lightgbm jupyterlab"
    more = "ipykernel transformers datasets accelerate tqdm pyarrow polars seaborn tensorboard xgboost"
    names = [*packages.split(), *more.split()]
    lines = "".join(f"  - {name}=1.{number}.*\n" for number, name in enumerate(names))
    pips = "".join(f"    - extra-package-{number}==2.{number}\n" for number in range(10))
    environment = f"name: gpu\nchannels: [conda-forge]\ndependencies:\n{lines}  - pip\n  - pip:\n{pips}"
    context = BootContext(
        stack="dev",
        nonce=NONCE,
        environment=split(parse(environment), has_requirements=True, lock=""),
        environment_yml=environment.encode(),
        requirements_txt=pips.replace("    - ", "").encode(),
        startup_script=b"#!/bin/bash\nset -eu\nmkdir -p ~/data\ngit clone https://github.com/org/repo\n" * 5,
    )
    assert len(cloud_init.render(context, templates=TEMPLATES)) < LIMIT_BYTES - 1024
