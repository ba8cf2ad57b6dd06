"""Terraform's environment: whose CLI config rules, and where the provider comes from."""

from pathlib import Path

import pytest

from gpuinfra.tools.terraform import provider_mirror

LOCK = """\
provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.100.0"
  constraints = ">= 5.100.0, < 7.0.0"
}
"""
PLATFORM = "linux_amd64"


def holder(directory: Path, version: str = "5.100.0", *, packed: bool = False) -> Path:
    """Make a mirror; return its directory."""
    provider = directory / provider_mirror.PROVIDER
    provider.mkdir(parents=True)
    if packed:
        (provider / f"terraform-provider-aws_{version}_{PLATFORM}.zip").touch()
    else:
        (provider / version / PLATFORM).mkdir(parents=True)
    return directory


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock of provider 5.100.0."""
    path = tmp_path / ".terraform.lock.hcl"
    path.write_text(LOCK)
    return path


def environment(tmp_path: Path, environ: dict[str, str], *, found: Path | None) -> dict[str, str]:
    """Build the environment with directories of the test's own."""
    home = {"HOME": str(tmp_path), "PATH": "/bin", **environ}
    return provider_mirror.environment(
        home, config=tmp_path / "tools" / "rc", cache=tmp_path / "cache", mirror=found
    )


@pytest.mark.parametrize("packed", [True, False])
def test_the_first_mirror_with_the_locked_version_wins(packed: bool, lock: Path, tmp_path: Path) -> None:
    """Another version, another platform and an empty directory are passed over; the order is kept."""
    other = holder(tmp_path / "a", "5.99.0")
    (tmp_path / "b" / provider_mirror.PROVIDER / "5.100.0" / "darwin_arm64").mkdir(parents=True)
    first, second = holder(tmp_path / "c", packed=packed), holder(tmp_path / "d")
    directories = [tmp_path / "none", other, tmp_path / "b", first, second]
    assert provider_mirror.find(lock, PLATFORM, directories=directories) == first


def test_no_mirror(lock: Path, tmp_path: Path) -> None:
    """Then Terraform downloads."""
    assert provider_mirror.find(lock, PLATFORM, directories=[tmp_path]) is None


@pytest.mark.parametrize("packed", [True, False])
def test_without_a_lock_every_version_will_do(packed: bool, tmp_path: Path) -> None:
    """Who has lost the lock can end the cost of a host all the same, without a network."""
    directory = holder(tmp_path / "m", "6.1.0", packed=packed)
    assert (
        provider_mirror.find(tmp_path / "no.lock", PLATFORM, directories=[tmp_path, directory]) == directory
    )
    assert provider_mirror.find(tmp_path / "no.lock", "darwin_arm64", directories=[directory]) is None


def test_a_mirror_is_used_by_a_config_of_our_own(tmp_path: Path) -> None:
    """It names the mirror for this provider only, lies in our directory, and is written once."""
    found = holder(tmp_path / "m")
    env = environment(tmp_path, {}, found=found)
    config = Path(env["TF_CLI_CONFIG_FILE"])
    assert config == tmp_path / "tools" / "rc"
    assert f'path    = "{found}"' in config.read_text()
    before = config.stat().st_mtime_ns
    environment(tmp_path, {}, found=found)
    assert config.stat().st_mtime_ns == before


def test_a_config_that_is_missing_counts_as_unset(tmp_path: Path) -> None:
    """Terraform would refuse to start; so ours is used, or none."""
    named = {"TF_CLI_CONFIG_FILE": str(tmp_path / "gone.rc")}
    found = holder(tmp_path / "m")
    assert environment(tmp_path, named, found=found)["TF_CLI_CONFIG_FILE"] == str(tmp_path / "tools" / "rc")
    assert "TF_CLI_CONFIG_FILE" not in environment(tmp_path, named, found=None)


def test_the_users_config_stays_in_charge(tmp_path: Path) -> None:
    """Neither a mirror nor a cache of ours gets in its way."""
    own = tmp_path / "own.rc"
    own.touch()
    env = environment(tmp_path, {"TF_CLI_CONFIG_FILE": str(own)}, found=holder(tmp_path / "m"))
    assert env["TF_CLI_CONFIG_FILE"] == str(own)
    assert "TF_PLUGIN_CACHE_DIR" not in env
    assert not (tmp_path / "tools").exists()


def test_downloads_are_kept_for_all_stacks(tmp_path: Path) -> None:
    """Without a mirror 700 MB are fetched once; a cache that the user has is honoured."""
    assert environment(tmp_path, {}, found=None)["TF_PLUGIN_CACHE_DIR"] == str(tmp_path / "cache")
    assert (tmp_path / "cache").is_dir()
    own = environment(tmp_path, {"TF_PLUGIN_CACHE_DIR": "/big/disk"}, found=None)
    assert own["TF_PLUGIN_CACHE_DIR"] == "/big/disk"


def test_garbage_is_collected_less_often_unless_the_user_says_otherwise(tmp_path: Path) -> None:
    """A fifth less CPU for a plan; who has little memory sets GOGC and is heard."""
    assert environment(tmp_path, {}, found=None)["GOGC"] == provider_mirror.RARE_COLLECTION
    assert environment(tmp_path, {"GOGC": "50"}, found=None)["GOGC"] == "50"


def test_what_would_move_the_state_is_dropped(tmp_path: Path) -> None:
    """Workspace, data directory and arguments from the environment; credentials and logging stay."""
    dropped = {"TF_WORKSPACE": "x", "TF_DATA_DIR": "/x", "TF_CLI_ARGS": "-x", "TF_CLI_ARGS_plan": "-x"}
    kept = {"AWS_PROFILE": "me", "TF_LOG": "debug", "HTTPS_PROXY": "http://proxy"}
    env = environment(tmp_path, {**dropped, **kept}, found=None)
    assert {k: env.get(k) for k in kept} == kept
    assert {k: env.get(k) for k in dropped} == {**dict.fromkeys(dropped), "TF_WORKSPACE": "default"}
    assert (env["TF_IN_AUTOMATION"], env["CHECKPOINT_DISABLE"], env["TF_INPUT"]) == ("1", "1", "0")


def test_what_is_kept_from_terraform_is_named() -> None:
    """A value in the environment that does not count is told, or its owner would look for it in vain."""
    given = {
        "TF_VAR_region": "x",
        "TF_CLI_ARGS_plan": "-x",
        "TF_WORKSPACE": "default",
        "TF_DATA_DIR": "",
        "TF_LOG": "1",
    }
    assert provider_mirror.dropped(given) == ["TF_CLI_ARGS_plan", "TF_VAR_region"]
