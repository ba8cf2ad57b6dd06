"""The seed that is shipped."""

import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from gpuinfra.ground.errors import ConfigError
from gpuinfra.simulator.api.seed import load_seed
from gpuinfra.simulator.extra import HINT, MOTO_VERSION, require_extra

NVIDIA_PRODUCT = "676eed8d-dcf5-4784-87d7-0de463205c17"
PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def missing(package: str) -> str:
    """Find nothing installed."""
    raise PackageNotFoundError(package)


def test_every_parameter_names_a_seeded_image() -> None:
    """A public parameter never points at an image that is not there."""
    seed = load_seed()
    assert [value for value in seed.parameters.values() if seed.image(value) is None] == []


def test_the_newest_nvidia_image_has_another_prefix_than_the_older() -> None:
    """So a look-up by prefix finds the stale one, as on AWS, and by product id the new one."""
    images = [image for image in load_seed().images if NVIDIA_PRODUCT in image.name]
    newest = max(images, key=lambda image: image.created)
    assert newest.id == "ami-0a1b2c3d4e5f60002"
    assert len({image.name.split()[1] for image in images}) == len(images) == 2


def test_a_missing_extra_is_named_with_the_command_that_installs_it() -> None:
    """The user learns what to type; nothing is imported."""
    with pytest.raises(ConfigError) as caught:
        require_extra(missing)
    assert str(caught.value) == "the AWS simulator needs moto: not installed"
    assert caught.value.hint == HINT == "pip install 'gpuinfra[demo]'"


def test_another_moto_is_refused() -> None:
    """The patches reach into moto's internals, so a version that was not tried does not start."""
    with pytest.raises(ConfigError, match=r"made for moto 5\.2\.5, but 9\.9\.9 is installed"):
        require_extra(lambda package: "9.9.9")


def test_the_pinned_moto_is_the_one_that_is_asked_for() -> None:
    """pyproject.toml and the check name the same version."""
    extras = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    (moto,) = (requirement for requirement in extras["demo"] if requirement.startswith("moto"))
    assert moto.endswith(f"=={MOTO_VERSION}")
