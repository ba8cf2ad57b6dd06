"""pool.auto.tfvars.json: where the host was found; gpuinfra reads it as Terraform does."""

import json
from pathlib import Path

import pytest

from gpuinfra.ground.errors import ConfigError
from gpuinfra.ground.model import Settings
from gpuinfra.ground.pool import Pool
from gpuinfra.tools.terraform.pool_file import PoolFile
from gpuinfra.tools.terraform.tfvars import TfvarsFile
from tests.tools.terraform.test_tfvars import MODULE, TEXT, read

FOUND = Pool(instance_type="g6.xlarge", market="spot", zone="eu-west-1b")


def stack(directory: Path, more: str = "", pool: Pool | None = None) -> Path:
    """Write terraform.tfvars with some lines more, and a record."""
    path = directory / "terraform.tfvars"
    path.write_text(TEXT + more)
    if pool:
        PoolFile(directory / "pool.auto.tfvars.json").write(pool)
    return path


def test_what_is_written_is_read_back_and_can_be_dropped(tmp_path: Path) -> None:
    """Only its owner reads it; twice dropped is fine."""
    path = tmp_path / "pool.auto.tfvars.json"
    file = PoolFile(path)
    assert file.read() is None
    for pool in (FOUND, Pool(instance_type="g5.xlarge")):
        file.write(pool)
        assert file.read() == pool
        assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["pool"]["zone"] is None  # EC2 chose, and may again
    file.delete()
    file.delete()
    assert file.read() is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("[]", "it must have pool alone"),
        ('{"pool": null, "region": "eu-west-1"}', "it must have pool alone"),
        ('{"pool": "g5.xlarge"}', "its pool must have instance_type, market, zone"),
        ('{"pool": {"instance_type": "g5.xlarge"}}', "its pool must have instance_type, market, zone"),
        (
            '{"pool": {"instance_type": "g5.xlarge", "market": "free"}}',
            "market must be one of on-demand, spot",
        ),
        ('{"pool": {"instance_type": 5, "market": "spot"}}', "market must be one of on-demand, spot"),
        ('{"pool": {"instance_type": "g5.xlarge", "market": "spot", "zone": []}, "x": 1}', "pool alone"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_a_file_that_is_not_ours_is_refused_in_words(tmp_path: Path, text: str, why: str) -> None:
    """Terraform would take its values in silence; the command to move it away is named."""
    path = stack(tmp_path)
    (tmp_path / "pool.auto.tfvars.json").write_text(text)
    with pytest.raises(
        ConfigError, match=f"pool.auto.tfvars.json is not as gpuinfra writes it: .*{why}"
    ) as e:
        read(path)
    assert e.value.hint.startswith(f"mv {tmp_path / 'pool.auto.tfvars.json'} ")


def test_the_first_of_each_list_counts_until_a_host_was_found(tmp_path: Path) -> None:
    """Types, zones and market in order; a list counts before the single value."""
    lists = 'instance_types = ["g6.xlarge", "g5.xlarge"]\nzones = ["eu-west-1c"]\n'
    single = 'market = "spot-then-on-demand"\navailability_zone = "eu-west-1a"\n'
    settings = read(stack(tmp_path, lists + single))
    assert settings.instance_type == "g6.xlarge"
    assert settings.place == Pool(instance_type="g6.xlarge", market="spot", zone="eu-west-1c")
    settings = read(stack(tmp_path, 'availability_zone = "eu-west-1a"\n'))
    assert (settings.instance_types, settings.zones) == (("g5.xlarge",), ("eu-west-1a",))
    assert settings.place == Pool(instance_type="g5.xlarge", zone="eu-west-1a")
    assert read(stack(tmp_path)).place == Pool(instance_type="g5.xlarge")


def test_where_the_host_was_found_counts_before_the_lists(tmp_path: Path) -> None:
    """As for Terraform; what was asked for is still told."""
    settings = read(stack(tmp_path, 'instance_types = ["g5.xlarge", "g6.xlarge"]\nmarket = "spot"\n', FOUND))
    assert (settings.instance_type, settings.place, settings.pool) == ("g6.xlarge", FOUND, FOUND)
    assert (settings.instance_types, settings.market) == (("g5.xlarge", "g6.xlarge"), "spot")


@pytest.mark.parametrize(
    ("more", "allowed"),
    [
        ('instance_types = ["g5.xlarge", "g6.xlarge"]\nmarket = "spot"\n', True),
        ('instance_types = ["g6.xlarge"]\nmarket = "spot-then-on-demand"\nzones = ["eu-west-1b"]\n', True),
        ('instance_types = ["g5.xlarge"]\nmarket = "spot"\n', False),
        ('instance_types = ["g6.xlarge"]\n', False),
        ('instance_types = ["g6.xlarge"]\nmarket = "spot"\nzones = ["eu-west-1a"]\n', False),
        ('instance_types = ["g6.xlarge"]\nmarket = "spot"\navailability_zone = "eu-west-1a"\n', False),
    ],
)
def test_a_pool_that_the_lists_no_longer_have_is_told(tmp_path: Path, more: str, allowed: bool) -> None:
    """The user has edited terraform.tfvars since."""
    assert read(stack(tmp_path, more, FOUND)).allows(FOUND) is allowed


def test_pool_is_not_for_terraform_tfvars(tmp_path: Path) -> None:
    """It would be overridden by the file, in silence."""
    with pytest.raises(ConfigError, match="sets pool, which `gpuinfra up` itself writes") as caught:
        read(stack(tmp_path, 'pool = { instance_type = "g5.xlarge", market = "spot" }\n'))
    assert caught.value.hint == f"write pool = null in {tmp_path / 'terraform.tfvars'}"


def changed(path: Path) -> Settings:
    """Give the stack another type, as `resize` does; read it again."""
    TfvarsFile(path, module=MODULE).change({"instance_type": "g4dn.xlarge"})
    return read(path)


def test_a_new_type_is_the_one_that_counts_afterwards(tmp_path: Path) -> None:
    """Whether or not there are lists and a record; else the next plan would change the host back."""
    assert changed(stack(tmp_path)).instance_types == ("g4dn.xlarge",)
    settings = changed(stack(tmp_path, 'instance_types = ["g6.xlarge", "g4dn.xlarge"]\n', FOUND))
    assert settings.instance_types == ("g4dn.xlarge", "g6.xlarge")
    assert (settings.instance_type, settings.place.zone) == ("g4dn.xlarge", "eu-west-1b")
    assert 'instance_type = "g5.xlarge"' in (tmp_path / "terraform.tfvars").read_text()
