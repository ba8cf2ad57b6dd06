"""The image that a new host would be made from, looked up as the Terraform module does (instance/ami.tf)."""

import re
from collections.abc import Callable
from typing import Any

from botocore import exceptions as boto

from gpuinfra.ground.account_facts import FoundImage
from gpuinfra.ground.model import Settings
from gpuinfra.tools.aws.asking import code, items

# As ami.tf has them: the owner, and the name of the image or of the parameter that names it.
NVIDIA_OWNER, NVIDIA_NAME = "679593333241", "*676eed8d-dcf5-4784-87d7-0de463205c17*"
UBUNTU_OWNERS = {"us-gov-": "513442679011", "cn-": "837727238323", "": "099720109477"}
UBUNTU_NAME = "ubuntu/images/hvm-ssd*/ubuntu-noble-24.04-*-server-*"
PARAMETER = (
    "/aws/service/deeplearning/ami/{architecture}/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id"
)
OPEN_OWNERS = {"us-gov-": "amazon", "cn-": "amazon", "": "898082745236"}
PRODUCT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Make = Callable[..., Any]


def find(make: Make, settings: Settings, architecture: str) -> FoundImage | None:
    """Return the newest image of this kind that EC2 shows the account, None where it shows none."""
    region = settings.region
    if settings.ami_id:
        owners, wanted = [], {"image-id": settings.ami_id}  # one that is shared is found, too
    elif settings.image == "nvidia":
        owners, wanted = [NVIDIA_OWNER], {"name": NVIDIA_NAME}
    elif settings.image == "aws-nvidia":
        owners, wanted = [_of(OPEN_OWNERS, region)], {"image-id": _parameter(make, architecture)}
    else:
        owners = [_of(UBUNTU_OWNERS, region)]
        wanted = {"name": UBUNTU_NAME, "architecture": architecture}
    filters = [{"Name": name, "Values": [value]} for name, value in {"state": "available", **wanted}.items()]
    of: dict[str, Any] = {"Owners": owners} if owners else {}
    found = list(items(make("ec2"), "describe_images", "Images", Filters=filters, **of))
    return _image(max(found, key=lambda raw: str(raw.get("CreationDate", "")))) if found else None


def _of(owners: dict[str, str], region: str) -> str:
    return next(owner for start, owner in owners.items() if region.startswith(start))


def _parameter(make: Make, architecture: str) -> str:
    """Return the image that AWS's public parameter names; none in a region that has no such parameter."""
    try:
        found = make("ssm").get_parameter(Name=PARAMETER.format(architecture=architecture))
    except boto.ClientError as error:
        if code(error) != "ParameterNotFound":
            raise
        return "none"
    return str(found["Parameter"]["Value"])


def _image(raw: dict[str, Any]) -> FoundImage:
    disks = {disk.get("DeviceName"): disk.get("Ebs", {}) for disk in raw.get("BlockDeviceMappings", [])}
    codes = [it["ProductCodeId"] for it in raw.get("ProductCodes", []) if it.get("ProductCodeId")]
    # AWS Marketplace ends the names of its images with the product's id, by which agreements are found.
    named = PRODUCT.search(raw.get("Name", ""))
    return FoundImage(
        image_id=raw["ImageId"],
        name=raw.get("Name", ""),
        architecture=raw.get("Architecture", ""),
        size_gb=disks.get(raw.get("RootDeviceName"), {}).get("VolumeSize", 0),
        product=(named.group() if named else codes[0]) if codes else "",
    )
