"""Names of AWS Deep Learning Containers: registries by region, tags read, references checked."""

import pytest

from gpuinfra.features.containers import dlc_images
from gpuinfra.features.containers.dlc_images import TaggedImage
from gpuinfra.ground.errors import ConfigError

GPU = "2.9.0-transformers5.3.0-gpu-py312-cu130-ubuntu22.04"


@pytest.mark.parametrize(
    ("region", "registry"),
    [
        ("us-east-1", "763104351884.dkr.ecr.us-east-1.amazonaws.com"),
        ("me-south-1", "217643126080.dkr.ecr.me-south-1.amazonaws.com"),
        ("cn-north-1", "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_registries(region: str, registry: str) -> None:
    """Opt-in regions have accounts of their own, China a domain of its own."""
    assert dlc_images.registry(region) == registry


def test_a_tag_is_read() -> None:
    """Framework, version, processor, Python and CUDA; a tag that names no platform is for any."""
    (found,) = dlc_images.images(
        "huggingface-pytorch-training", "us-east-1", [TaggedImage(tags=(GPU,), pushed="2026")]
    )
    assert (found.framework, found.version, found.processor) == (
        "huggingface-pytorch",
        "2.9.0-transformers5.3.0",
        "gpu",
    )
    assert (found.python, found.cuda, found.platform) == ("3.12", "13.0", "any")
    assert found.image == f"{dlc_images.registry('us-east-1')}/huggingface-pytorch-training:{GPU}"


def test_aliases_and_dated_builds_are_left_out() -> None:
    """Of the many tags of one image the plain one is shown, newest first."""
    plain = "2.6.0-cpu-py312-ubuntu22.04-ec2"
    tags = (
        plain,
        f"{plain}-v1.10-2025-05-30-12-00-00",
        "2.6.0-cpu-py312",
        "latest",
        "2.6-neuron-py310-ubuntu22.04",
    )
    newer = TaggedImage(tags=("2.7.1-cpu-py312-ubuntu22.04-ec2",), pushed="2025-08-01")
    found = dlc_images.images(
        "pytorch-training", "us-east-1", [TaggedImage(tags=tags, pushed="2025-02-01"), newer]
    )
    assert [(it.version, it.cuda, it.platform) for it in found] == [
        ("2.7.1", "", "ec2"),
        ("2.6.0", "", "ec2"),
    ]


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (("2.13.0-cu133-amzn2023", "2.13-cu133-amzn2023"), ("2.13.0", "gpu", "13.3", "any")),
        (("2.13.0-cpu-amzn2023", "2.13-cpu-amzn2023"), ("2.13.0", "cpu", "", "any")),
        (("server-cuda-v2.3",), ("server-v2.3", "gpu", "", "any")),
        (("server-sagemaker-cuda-v2.3",), ("server-v2.3", "gpu", "", "sagemaker")),
        (("serve-ml-cpu-v1",), ("serve-ml-v1", "cpu", "", "any")),
        (("runtime-cu132-amzn2023",), ("runtime", "gpu", "13.2", "any")),
        (
            ("0.27.1-gpu-py312-cu130-ubuntu22.04-ec2", "0.27-gpu-py312-cu130-ubuntu22.04-ec2-v1"),
            ("0.27.1", "gpu", "13.0", "ec2"),
        ),
    ],
)
def test_the_tags_of_2026(tags: tuple[str, ...], found: tuple[str, ...]) -> None:
    """Without "gpu", without Python, without CUDA: each family is read, one row an image."""
    (image,) = dlc_images.images("vllm", "us-east-1", [TaggedImage(tags=tags, pushed="2026")])
    assert (image.version, image.processor, image.cuda, image.platform) == found
    assert image.framework == "vllm"


def test_a_short_name_gets_the_registry_of_the_host() -> None:
    """And a whole one is taken as it is."""
    whole = f"{dlc_images.registry('eu-south-1')}/pytorch-training:1"
    assert dlc_images.full_name("pytorch-training:1", "eu-south-1") == whole
    assert dlc_images.full_name(whole, "eu-south-1") == whole


@pytest.mark.parametrize(
    "given",
    [
        *("pytorch-training", "docker.io/pytorch-training:1", "a:b;c", "-x:1", "x:1\n", "", "X:1", "a/b/c:1"),
        f"{dlc_images.registry('us-east-1')}/pytorch-training:1",
    ],
)
def test_other_images_are_refused(given: str) -> None:
    """Another registry, another region, words that are none."""
    with pytest.raises(ConfigError, match="the image is") as caught:
        dlc_images.full_name(given, "eu-south-1")
    assert caught.value.hint == "gpuinfra dlc list --region eu-south-1"
