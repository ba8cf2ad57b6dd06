"""What is looked at of the image that a host would be made from: there, terms, GPU, disk."""

from gpuinfra.features.doctor.finding import BAD, Finding, bad, ok, unsure
from gpuinfra.features.doctor.situation import AccountSituation
from gpuinfra.ground import facts
from gpuinfra.ground.errors import GpuInfraError
from gpuinfra.tools.aws.error_rules import MARKETPLACE

AWS_NVIDIA, UBUNTU = "aws-nvidia", "ubuntu"
TERMS = "Marketplace terms"


def there(it: AccountSituation) -> Finding:
    """Look whether EC2 shows the account the image; Allowed AMIs may hide it."""
    found, wanted = it.image(), it.settings.ami_id or it.settings.image
    if found:
        return ok("image", f"{found.name} ({found.image_id})")
    edit = "set image in terraform.tfvars to another of nvidia, aws-nvidia and ubuntu, or set ami_id"
    if _hides(it):
        return bad(
            "image",
            f"the account's Allowed AMIs hides image {wanted} in {it.region}",
            f"aws ec2 get-allowed-images-settings --region {it.region}   # what it allows; or {edit}",
        )
    return bad("image", f"{it.region} shows this account no image {wanted}", edit)


def _hides(it: AccountSituation) -> bool:
    try:
        return it.account.allowed_images() == "enabled"
    except GpuInfraError:
        return False  # who may not ask is told that it is not shown, which is true


def terms(it: AccountSituation) -> Finding:
    """Look for an agreement on an image of AWS Marketplace; that none is found proves nothing."""
    found = it.image()
    if not found or not found.product:
        return ok(TERMS, "the image needs none" if found else "nothing to accept: no image was found")
    hint = f'{MARKETPLACE}   # accept them once, free of charge; or set image = "{AWS_NVIDIA}": it needs none'
    try:
        has_agreement = it.account.has_agreement(found.product)
    except GpuInfraError as error:
        return unsure(TERMS, error.message, hint)
    if has_agreement:
        return ok(TERMS, f"accepted for {found.product}")
    return unsure(TERMS, f"no agreement was found for image {it.settings.image}", hint)


def kernel_modules(it: AccountSituation) -> Finding:
    """Look for types whose GPU the image's driver cannot serve, of all that a host may come to be."""
    name, kind = "image and GPU", it.settings.image
    pairs = [(one, *facts.kernel_modules(one, kind)) for one in it.types if not it.settings.ami_id]
    wrong = [
        f"{one} needs NVIDIA's {needed} kernel modules, and image {kind} has the {has} ones"
        for one, needed, has, _ in pairs
        if needed and has and needed != has
    ]
    if wrong:
        key = "instance_types" if len(it.types) > 1 else "instance_type"
        return bad(
            name, "; ".join(wrong), f"set {key} in terraform.tfvars to a newer GPU, such as g4dn.xlarge"
        )
    return ok(name, f"nothing is known against image {kind}")


def fits_gpu(it: AccountSituation) -> Finding:
    """Compare the image's driver with the GPU: none, one too new, one too old for its kernel modules."""
    name, kind, offer = "image and GPU", it.settings.image, it.first_offer()
    if it.settings.ami_id:
        return unsure(name, f"what driver {it.settings.ami_id} has is not known")
    if (modules := kernel_modules(it)).state == BAD:
        return modules
    if offer is None:
        return unsure(name, f"not looked at: {it.region} has no {', '.join(it.types)}")
    if offer.gpu_count and kind == UBUNTU:
        return bad(name, f"{offer.name} has NVIDIA GPUs, and image ubuntu no driver", _edit(AWS_NVIDIA))
    if not offer.gpu_count and kind != UBUNTU:
        return bad(name, f"{offer.name} has no NVIDIA GPU, which image {kind} needs", _edit(UBUNTU))
    if not offer.gpu_count:
        return ok(name, "no GPU, no driver")
    return _modules(name, offer.name, kind)


def _edit(image: str) -> str:
    return f'set image = "{image}" in terraform.tfvars'


def _modules(name: str, instance_type: str, kind: str) -> Finding:
    needed, has, is_listed = facts.kernel_modules(instance_type, kind)
    if needed == "open" and has is None:
        text = (
            f"{instance_type} needs NVIDIA's open kernel modules; whether image {kind} has them is not known"
        )
        return unsure(name, text, _edit(AWS_NVIDIA) + ": it has them")
    if needed == "proprietary":
        return unsure(name, f"whether the driver of image {kind} still serves {instance_type} is not known")
    if not is_listed:
        text = f"AWS's release notes do not list {instance_type.split('.')[0]} for image {kind}"
        return unsure(name, text)
    return ok(name, f"image {kind} serves {instance_type}")


def disk(it: AccountSituation) -> Finding:
    """Compare the disk with what the image needs."""
    found, size_gb = it.image(), it.settings.root_volume_size_gb
    if not found or not found.size_gb:
        return unsure("disk", "not looked at: the size of the image is not known")
    if size_gb < found.size_gb:
        text = f"root_volume_size_gb is {size_gb}, and the image needs {found.size_gb} at least"
        return bad("disk", text, f"set root_volume_size_gb = {found.size_gb} in terraform.tfvars")
    return ok("disk", f"{size_gb} GB, of which the image takes {found.size_gb}")
