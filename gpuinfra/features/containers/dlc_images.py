"""AWS Deep Learning Containers: whose registry serves a region, and what an image's tag says. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gpuinfra.ground import facts
from gpuinfra.ground.errors import ConfigError

# What one trains and serves with; the registry cannot be asked for its repositories by other accounts.
REPOSITORIES = (
    "autogluon-inference",
    "autogluon-training",
    "djl-inference",
    "huggingface-pytorch-inference",
    "huggingface-pytorch-training",
    "pytorch-inference",
    "pytorch-training",
    "tensorflow-inference",
    "tensorflow-training",
)
_TAG = re.compile(r"(?P<version>\d[\w.]*(?:-[a-z]+[\d.]+)*?)-(?P<processor>gpu|cpu)-(?P<rest>.+)\Z")
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}")
_REFERENCE = re.compile(
    r"(?:(?P<registry>[^/\s]+)/)?(?P<repository>[a-z0-9][a-z0-9-]*):(?P<tag>[\w.-]{1,128})\Z"
)


@dataclass(frozen=True, kw_only=True)
class TaggedImage:
    """What ECR says of one image: its tags and when it was pushed (ISO 8601)."""

    tags: tuple[str, ...]
    pushed: str


@dataclass(frozen=True, kw_only=True)
class DlcImage:
    """One Deep Learning Container; cuda and python as 12.6 and 3.12, empty where the tag names none."""

    framework: str
    version: str
    processor: str
    python: str
    cuda: str
    platform: str
    region: str
    pushed: str
    image: str


def registry(region: str) -> str:
    """Return the host name of the registry that serves a region.

    Raises:
        ConfigError: no account of AWS is known to serve it.
    """
    accounts = facts.dlc_accounts()
    if region not in accounts:
        raise ConfigError(
            f"no Deep Learning Containers are known in region {region!r}; there are some in:"
            f" {', '.join(sorted(accounts))}",
            hint="gpuinfra dlc list --region us-east-1",
        )
    suffix = ".cn" if region.startswith("cn-") else ""
    return f"{accounts[region]}.dkr.ecr.{region}.amazonaws.com{suffix}"


def full_name(given: str, region: str) -> str:
    """Return the whole name of an image, as docker takes it; `given` may leave the registry out.

    Raises:
        ConfigError: it is none of AWS's, or of another region than the host.
    """
    found, ours = _REFERENCE.match(given), registry(region)
    if not found or found["registry"] not in (None, ours):
        raise ConfigError(
            f"the image is {given!r}; it must look like pytorch-training:TAG or {ours}/pytorch-training:TAG"
            " (the registry of the host's region)",
            hint=f"gpuinfra dlc list --region {region}",
        )
    return f"{ours}/{found['repository']}:{found['tag']}"


def images(repository: str, region: str, pushed: Iterable[TaggedImage]) -> list[DlcImage]:
    """Return the images of a repository, newest first; of tags that mean the same only the plain one."""
    found = [_image(repository, tag, region, it.pushed) for it in pushed for tag in it.tags]
    return sorted((it for it in found if it), key=lambda it: (it.pushed, it.image), reverse=True)


def cuda_of(image: str) -> str:
    """Return the CUDA version that an image's name tells (12.6), empty for none."""
    found = re.search(r"-cu(\d+)(\d)(?=-|\Z)", image)
    return f"{found[1]}.{found[2]}" if found else ""


def _image(repository: str, tag: str, region: str, pushed: str) -> DlcImage | None:
    """Return an image by its tag; None for what is not to be chosen: dated builds, short aliases."""
    found = _TAG.match(tag)
    if not found or _DATED.search(tag) or not re.search(r"ubuntu|amzn", tag):
        return None
    framework, _, _ = repository.rpartition("-")
    python = re.search(r"-py(\d)(\d+)", tag)
    platform = re.search(r"-(ec2|sagemaker)\b", tag)
    return DlcImage(
        framework=framework,
        version=found["version"],
        processor=found["processor"],
        python=f"{python[1]}.{python[2]}" if python else "",
        cuda=cuda_of(tag),
        platform=platform[1] if platform else "any",
        region=region,
        pushed=pushed,
        image=f"{registry(region)}/{repository}:{tag}",
    )
