"""AWS Deep Learning Containers: whose registry serves a region, and what an image's tag says. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gpuinfra.ground import facts
from gpuinfra.ground.errors import ConfigError

# 2.7.1-gpu-py312-cu128-ubuntu22.04-ec2, 2.13.0-cu133-amzn2023; what names no system is another tag of these
_TAG = re.compile(
    r"(?P<version>\d[\w.]*(?:-[a-z]+[\d.]+)*?)-(?P<processor>gpu|cpu|cu\d+)-(?=.*(?:ubuntu|amzn))"
)
# server-cuda-v2.3, serve-ml-cpu-v1, runtime-cu132-amzn2023: the newest servers name neither CUDA nor Python
_FAMILY = re.compile(
    r"(?P<family>[a-z]+(?:-[a-z]+)*)-(?P<processor>cuda|cpu|cu\d+)-(?:(?P<number>v[\d.]+)|amzn\d+)\Z"
)
_SHORT = re.compile(r"(?:ubuntu|amzn)[\d.]+.*-v\d+\Z")
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\Z")
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


def repositories(given: str) -> tuple[str, ...]:
    """Return the known repositories whose names begin so, or else the name itself: new ones come every month.

    Raises:
        ConfigError: it is no name of a repository.
    """
    known = facts.dlc_repositories()
    found = tuple(it for it in known if it.startswith(given))
    if not found and not _NAME.match(given):
        raise ConfigError(
            f"{given!r} is no repository; there are: {', '.join(known)}", hint="gpuinfra dlc list"
        )
    return found or (given,)


def images(repository: str, region: str, pushed: Iterable[TaggedImage]) -> list[DlcImage]:
    """Return the images of a repository, newest first; of tags that mean the same only the plain one."""
    found = []
    for one in pushed:
        named = [it for tag in one.tags if (it := _image(repository, tag, region, one.pushed))]
        found += [max(named, key=lambda it: len(it.image))] if named else []
    return sorted(found, key=lambda it: (it.pushed, it.image), reverse=True)


def newest_like(tag: str, found: Sequence[DlcImage]) -> DlcImage | None:
    """Return the image to take in place of a tag that is gone: for the same processor, the newest version.

    One made for SageMaker runs on EC2, too, and is the last choice.
    """
    processor = _processor(tag)
    alike = [it for it in found if it.processor == processor or not processor]

    def rank(it: DlcImage) -> tuple[bool, list[int], str]:
        return it.platform != "sagemaker", [int(n) for n in re.findall(r"\d+", it.version)], it.pushed

    return max(alike, key=rank, default=None)


def cuda_of(image: str) -> str:
    """Return the CUDA version that an image's name tells (12.6), empty for none."""
    found = re.search(r"-cu(\d+)(\d)(?=-|\Z)", image)
    return f"{found[1]}.{found[2]}" if found else ""


def has_unknown_cuda(image: str) -> bool:
    """Tell whether an image is for GPUs and its name does not say of which CUDA."""
    return _processor(image.rpartition(":")[2]) != "cpu" and not cuda_of(image)


def _processor(tag: str) -> str:
    """Return gpu or cpu, empty where a tag tells neither."""
    found = re.search(r"(?:^|-)(gpu|cpu|cuda|cu\d+)(?=-|\Z)", tag)
    return ("cpu" if found[1] == "cpu" else "gpu") if found else ""


def _image(repository: str, tag: str, region: str, pushed: str) -> DlcImage | None:
    """Return an image by its tag; None for what is not to be chosen: dated builds, short aliases."""
    found = _TAG.match(tag) or _FAMILY.match(tag)
    if not found or _DATED.search(tag) or _SHORT.search(tag):
        return None
    parts = found.groupdict()
    family = parts.get("family", "").removesuffix("-sagemaker")
    python = re.search(r"-py(\d)(\d+)", tag)
    platform = re.search(r"-(ec2|sagemaker)\b", tag)
    return DlcImage(
        framework=re.sub(r"-(training|inference)\Z", "", repository),
        version=parts.get("version") or "-".join(filter(None, [family, parts.get("number")])),
        processor=_processor(tag),
        python=f"{python[1]}.{python[2]}" if python else "",
        cuda=cuda_of(tag),
        platform=platform[1] if platform else "any",
        region=region,
        pushed=pushed,
        image=f"{registry(region)}/{repository}:{tag}",
    )
