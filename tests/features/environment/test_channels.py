"""Channels."""

import pytest

from gpuinfra.features.environment.channels import names
from gpuinfra.features.environment.yaml_document import parse
from tests.features.environment.sample import SOUND, findings


def of_channel(name: str) -> list[str]:
    """Return the findings of this channel, as "severity message"."""
    found = findings(SOUND.replace("- conda-forge", f"- {name}"))
    return [f"{f.severity} {f.message}" for f in found if f.line == 3]


@pytest.mark.parametrize(
    "name",
    [
        *("defaults", "anaconda", "main", "r", "msys2", "pkgs/main", "pkgs/r"),
        *("https://repo.anaconda.com/pkgs/main", "https://conda.anaconda.org/anaconda"),
    ],
)
def test_anacondas_own_channels_are_told(name: str) -> None:
    """They need terms accepted that nobody on the host can accept."""
    assert "terms of service" in of_channel(name)[0]
    assert of_channel(name)[0].startswith("warning")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("pytorch", "warning the channel 'pytorch' is frozen"),
        ("nodefaults", "warning nodefaults is left out"),
        ("conda_forge", "error the channel 'conda_forge' looks misspelt"),
        ("conda-froge", "error the channel 'conda-froge' looks misspelt"),
        ("condaforge", "error the channel 'condaforge' looks misspelt"),
        (
            "http://mirror.example/conda/forge",
            "warning the channel 'http://mirror.example/conda/forge' sends",
        ),
        ("./channel", "error the channel './channel' is a place on your machine"),
        ("file:///srv/channel", "error the channel 'file:///srv/channel' is a place on your machine"),
        ("conda forge", "error 'conda forge' is no channel name"),
        ("default", "error there is no channel 'default'"),
        ("my-company", "warning the channel 'my-company' is not a known one; gpuinfra env check --solve"),
    ],
)
def test_what_is_wrong_with_a_channel_is_told(name: str, says: str) -> None:
    """Frozen, misspelt, local: each in its own words."""
    assert of_channel(name)[0].startswith(says)


@pytest.mark.parametrize(
    "name",
    [
        *("conda-forge", "nvidia", "bioconda", "rapidsai", "conda-forge/label/rc"),
        *("https://conda.anaconda.org/conda-forge", "https://mirror.example:8443/conda/forge", "huggingface"),
    ],
)
def test_other_channels_are_left_alone(name: str) -> None:
    """Those that anaconda.org has, and an address: whoever writes one knows the place."""
    assert of_channel(name) == []


def test_the_host_asks_the_channels_in_order_without_nodefaults() -> None:
    """`nodefaults` is no channel; without any, the host takes conda-forge."""
    assert names(parse("channels: [a, nodefaults, b]")) == ["a", "b"]
    assert names(parse("channels: [nodefaults]")) == ["conda-forge"]
